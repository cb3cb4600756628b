#include "wsman/auth/ntlm_message.h"

#include <gmock/gmock.h>

#include "wsman/auth/hex.h"

namespace wsman::auth::ntlm {
namespace {

using ::testing::HasSubstr;

AuthenticateMessage Example() {
  return {.flags = kExampleFlags,
          .lm_response = FromHex("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"),
          .nt_response = FromHex(std::string(kExampleProof) + kExampleClientBytes),
          .domain = "Domain",
          .user = "User",
          .workstation = "COMPUTER",
          .encrypted_session_key = FromHex("c5dad2544fc9799094ce1ce90bc9d03e")};
}

// Overwrites a field's description: length, allocated length, offset.
std::string WithPlace(std::string message, std::size_t at, std::uint16_t length,
                      std::uint32_t offset) {
  for (const std::size_t copy : {at, at + 2}) {
    message[copy] = static_cast<char>(length & 0xFF);
    message[copy + 1] = static_cast<char>(length >> 8);
  }
  for (unsigned i = 0; i < 4; ++i) message[at + 4 + i] = static_cast<char>(offset >> 8 * i & 0xFF);
  return message;
}

TEST(NtlmMessageTest, TypesAreToldByTheSignature) {
  EXPECT_EQ(TypeOf(WriteNegotiate({})), MessageType::kNegotiate);
  EXPECT_EQ(TypeOf(WriteAuthenticate({})), MessageType::kAuthenticate);
  EXPECT_FALSE(TypeOf(""));
  EXPECT_FALSE(TypeOf("NTLMSSP"));
  EXPECT_FALSE(TypeOf(std::string("NTLMSSP\0\4\0\0\0", 12)));
  EXPECT_FALSE(TypeOf(std::string("NTLMSSQ\0\1\0\0\0", 12)));
}

// MS-NLMP section 4.2.4.3.
TEST(NtlmMessageTest, TheChallengeOfTheSpecificationIsReadAndWritten) {
  const std::string bytes = FromHex(
      "4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000"
      "2400240044000000 060070170000000f 530065007200760065007200"
      "02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000");
  const auto message = ParseChallenge(bytes);
  ASSERT_TRUE(message) << message.error();
  EXPECT_EQ(message->flags, kExampleFlags);
  EXPECT_EQ(ToHex(message->server_challenge), kExampleServerChallenge);
  EXPECT_EQ(message->target_name, "Server");
  EXPECT_EQ(message->target_info, FromHex(kExampleTargetInfo));

  std::string written = WriteChallenge(*message);
  written.replace(48, 8, bytes.substr(48, 8));  // the version is ours
  EXPECT_EQ(ToHex(written), ToHex(bytes));
}

// MS-NLMP section 4.2.4.3, which has no MIC.
TEST(NtlmMessageTest, TheAnswerOfTheSpecificationIsRead) {
  const std::string bytes = FromHex(
      "4e544c4d53535000 03000000 180018006c000000 5400540084000000 0c000c0048000000"
      "0800080054000000 100010005c000000 10001000d8000000 35828862 0501280a0000000f"
      "44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200"
      "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"
      "68cd0ab851e51c96aabc927bebef6a1c 01010000000000000000000000000000aaaaaaaaaaaaaaaa"
      "0000000002000c0044006f006d00610069006e0001000c00530065007200760065007200"
      "0000000000000000 c5dad2544fc9799094ce1ce90bc9d03e");
  const auto message = ParseAuthenticate(bytes);
  ASSERT_TRUE(message) << message.error();
  EXPECT_EQ(message->flags, 0x62888235U);
  EXPECT_EQ(message->domain, "Domain");
  EXPECT_EQ(message->user, "User");
  EXPECT_EQ(message->workstation, "COMPUTER");
  EXPECT_EQ(message->lm_response, Example().lm_response);
  EXPECT_EQ(message->nt_response, Example().nt_response);
  EXPECT_EQ(message->encrypted_session_key, Example().encrypted_session_key);
  EXPECT_FALSE(MicOf(bytes)) << "fields lie where the MIC would be";
}

TEST(NtlmMessageTest, AnAnswerSurvivesTheRoundTripAndHasRoomForTheMic) {
  const std::string bytes = WriteAuthenticate(Example());
  const auto message = ParseAuthenticate(bytes);
  ASSERT_TRUE(message) << message.error();
  EXPECT_EQ(message->user, "User");
  EXPECT_EQ(message->nt_response, Example().nt_response);
  const auto mic = MicOf(bytes);
  ASSERT_TRUE(mic) << mic.error();
  EXPECT_EQ(*mic, std::string(kMicBytes, '\0'));
}

TEST(NtlmMessageTest, FieldsMustLieBehindTheFixedPartAndInsideTheMessage) {
  const std::string bytes = WriteAuthenticate(Example());
  const auto end = static_cast<std::uint32_t>(bytes.size());
  for (const std::size_t at : {12U, 20U, 28U, 36U, 44U, 52U}) {
    EXPECT_TRUE(ParseAuthenticate(WithPlace(bytes, at, 2, 64))) << at;
    EXPECT_FALSE(ParseAuthenticate(WithPlace(bytes, at, 2, 63))) << at;
    EXPECT_TRUE(ParseAuthenticate(WithPlace(bytes, at, 0, 0xFFFFFFFF))) << at;
    EXPECT_FALSE(ParseAuthenticate(WithPlace(bytes, at, 2, end - 1))) << at;
    EXPECT_FALSE(ParseAuthenticate(WithPlace(bytes, at, 2, end))) << at;
    EXPECT_FALSE(ParseAuthenticate(WithPlace(bytes, at, 2, 0xFFFFFFFF))) << at;
    EXPECT_FALSE(ParseAuthenticate(WithPlace(bytes, at, 0xFFFF, 64))) << at;
  }
}

TEST(NtlmMessageTest, EveryCutMessageIsRefused) {
  const std::string answer = WriteAuthenticate(Example());
  for (std::size_t size = 0; size < answer.size(); ++size) {
    EXPECT_FALSE(ParseAuthenticate(answer.substr(0, size))) << size;
  }
  const std::string challenge = WriteChallenge({.flags = kExampleFlags,
                                                .server_challenge = "12345678",
                                                .target_name = "S",
                                                .target_info = FromHex(kExampleTargetInfo)});
  for (std::size_t size = 0; size < challenge.size(); ++size) {
    EXPECT_FALSE(ParseChallenge(challenge.substr(0, size))) << size;
  }
  const std::string negotiate = WriteNegotiate({.flags = kExampleFlags});
  for (std::size_t size = 0; size < 16; ++size) {
    EXPECT_FALSE(ParseNegotiate(negotiate.substr(0, size))) << size;
  }
}

TEST(NtlmMessageTest, TheShortFormsOfTheFirstMessageAreTaken) {
  const std::string negotiate = WriteNegotiate({.flags = kExampleFlags});
  for (const std::size_t size : {16U, 32U, 40U}) {
    const auto message = ParseNegotiate(negotiate.substr(0, size));
    ASSERT_TRUE(message) << message.error();
    EXPECT_EQ(message->flags, kExampleFlags);
  }
  EXPECT_FALSE(ParseNegotiate(WithPlace(negotiate, 16, 9, 32)));
  EXPECT_FALSE(ParseNegotiate(WithPlace(negotiate, 24, 1, 31)));
}

TEST(NtlmMessageTest, MessagesHaveAtMost64Kib) {
  const auto padded = [](std::string bytes, std::size_t size) {
    bytes.resize(size);
    return bytes;
  };
  for (const std::size_t size : {kMaxMessageBytes - 1, kMaxMessageBytes}) {
    EXPECT_TRUE(ParseAuthenticate(padded(WriteAuthenticate(Example()), size)));
    EXPECT_TRUE(ParseNegotiate(padded(WriteNegotiate({}), size)));
  }
  EXPECT_FALSE(ParseAuthenticate(padded(WriteAuthenticate(Example()), kMaxMessageBytes + 1)));
  EXPECT_FALSE(ParseNegotiate(padded(WriteNegotiate({}), kMaxMessageBytes + 1)));
}

TEST(NtlmMessageTest, NamesMustBeTextInTheEncodingOfTheFlags) {
  AuthenticateMessage message = Example();
  const std::string bytes = WriteAuthenticate(message);
  EXPECT_FALSE(ParseAuthenticate(WithPlace(bytes, 36, 3, 88))) << "half a unit";
  message.user = std::string("a\0b", 3);
  EXPECT_FALSE(ParseAuthenticate(WriteAuthenticate(message))) << "NUL";

  std::string oem = WithPlace(bytes, 36, 4, static_cast<std::uint32_t>(bytes.size()));
  oem[60] = static_cast<char>(oem[60] & ~1);  // no kFlagUnicode
  for (const std::size_t at : {28U, 44U}) oem = WithPlace(oem, at, 0, 0);
  const auto ascii = ParseAuthenticate(oem + "user");
  ASSERT_TRUE(ascii) << ascii.error();
  EXPECT_EQ(ascii->user, "user");
  EXPECT_FALSE(ParseAuthenticate(oem + "us\xE9r"));
}

TEST(NtlmMessageTest, PairsMayRepeatAndMustEnd) {
  const auto pairs =
      ParseAvPairs(FromHex("0600040002000000 0a000000 0600040001000000 00000000 77"));
  ASSERT_TRUE(pairs) << pairs.error();
  ASSERT_EQ(pairs->size(), 3U);
  EXPECT_EQ((*pairs)[1].id, AvId::kChannelBindings);
  EXPECT_EQ(AvFlags(*pairs), 3U);
  EXPECT_EQ(ToHex(WriteAvPairs(*pairs)),
            "0600040002000000"
            "0a000000"
            "0600040001000000"
            "00000000");
  for (const char* hex : {"", "0000", "06000400020000", "0600040002000000", "0100ffff41",
                          "0000010041", "0000040000000000"}) {
    EXPECT_FALSE(ParseAvPairs(FromHex(hex))) << hex;
  }
}

TEST(NtlmMessageTest, OnlyVersion2ResponsesAreRead) {
  const std::string good = FromHex(std::string(kExampleProof) + kExampleClientBytes);
  const auto response = ParseNtResponse(good);
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(ToHex(response->proof), kExampleProof);
  EXPECT_EQ(response->client_bytes, FromHex(kExampleClientBytes));
  ASSERT_EQ(response->pairs.size(), 2U);
  EXPECT_EQ(WriteClientBytes(std::string(8, '\0'), std::string(8, '\xAA'), response->pairs),
            response->client_bytes);

  EXPECT_THAT(ParseNtResponse("").error(), HasSubstr("no NTLMv2"));
  EXPECT_THAT(ParseNtResponse(std::string(24, 'x')).error(), HasSubstr("NTLMv1"));
  for (const std::size_t size : {1U, 16U, 23U, 25U, 43U, 44U, 47U}) {
    EXPECT_FALSE(ParseNtResponse(good.substr(0, size))) << size;
  }
  for (const std::size_t at : {16U, 17U}) {
    std::string other = good;
    other[at] = 2;
    EXPECT_FALSE(ParseNtResponse(other)) << at;
  }
}

}  // namespace
}  // namespace wsman::auth::ntlm
