#include "wsman/auth/spnego.h"

#include <gmock/gmock.h>

#include "wsman/auth/der.h"
#include "wsman/auth/hex.h"
#include "wsman/auth/ntlm_message.h"

namespace wsman::auth::spnego {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

Init NtlmInit(std::string token) {
  return {.mechanisms = {std::string(kNtlmOid)}, .mechanism_list = {}, .token = std::move(token)};
}

bool IsMalformed(std::string_view bytes) { return std::holds_alternative<Malformed>(Parse(bytes)); }

TEST(DerTest, LengthsHaveTheirShortestForm) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    const std::string content(size, 'c');
    const std::string bytes = DerValue(kDerOctetString, content);
    DerReader reader(bytes);
    EXPECT_THAT(reader.Take(kDerOctetString), Optional(std::string_view(content))) << size;
    EXPECT_TRUE(reader.AtEnd());
  }
  for (const char* hex : {"", "04", "0402", "040241", "0480", "04810141", "0482000141", "048180",
                          "0485000000000141", "04ffffffffffffffffff", "0501"}) {
    const std::string bytes = FromHex(hex);
    EXPECT_FALSE(DerReader(bytes).Take(kDerOctetString)) << hex;
  }
}

TEST(DerTest, AWrappedValueFillsItsWrapping) {
  const std::string good = FromHex("a00304014105");
  DerReader reader(good);
  EXPECT_THAT(reader.TakeWrapped(DerContext(0), kDerOctetString), Optional(std::string_view("A")));
  EXPECT_FALSE(reader.AtEnd());
  const std::string slack = FromHex("a0040401410a");
  DerReader strict(slack);
  EXPECT_FALSE(strict.TakeWrapped(DerContext(0), kDerOctetString));
  EXPECT_TRUE(strict.Take(DerContext(0))) << "nothing was taken";
}

TEST(SpnegoTest, TheFirstTokenOfAnNtlmClientIsWrittenByteForByte) {
  // Laid out by hand from RFC 4178 section 4.2.
  EXPECT_EQ(ToHex(Write(NtlmInit("token"))),
            "6025"
            "06062b0601050502"
            "a01b"
            "3019"
            "a00e"
            "300c"
            "060a2b06010401823702020a"
            "a207"
            "0405746f6b656e");
}

TEST(SpnegoTest, FirstTokensAreRead) {
  const Init sent{
      .mechanisms = {std::string(kMsKerberosOid), std::string(kKerberosOid), std::string(kNtlmOid)},
      .mechanism_list = {},
      .token = "token"};
  const Token token = Parse(Write(sent));
  const auto* init = std::get_if<Init>(&token);
  ASSERT_NE(init, nullptr);
  EXPECT_THAT(init->mechanisms, ElementsAre(kMsKerberosOid, kKerberosOid, kNtlmOid));
  EXPECT_EQ(init->mechanism_list, MechanismList(sent.mechanisms));
  EXPECT_THAT(init->token, Optional(std::string("token")));
}

TEST(SpnegoTest, FlagsAndMicOfAFirstTokenDoNotMatter) {
  const std::string fields = FromHex(
      "a00e300c060a2b06010401823702020a"
      "a10403020340"
      "a2030401"
      "54"
      "a303040158");
  const std::string token =
      DerValue(kDerApplication0, FromHex("06062b0601050502") +
                                     DerValue(DerContext(0), DerValue(kDerSequence, fields)));
  const Token parsed = Parse(token);
  const auto* init = std::get_if<Init>(&parsed);
  ASSERT_NE(init, nullptr);
  EXPECT_THAT(init->token, Optional(std::string("T")));
}

TEST(SpnegoTest, ResponsesSurviveTheRoundTrip) {
  const Response kResponses[] = {
      {.state = {}, .mechanism = {}, .token = {}, .mic = {}},
      {.state = State::kRequestMic, .mechanism = std::string(kNtlmOid), .token = {}, .mic = {}},
      {.state = {}, .mechanism = {}, .token = std::string(300, 't'), .mic = "mic"},
      {.state = State::kAcceptCompleted, .mechanism = {}, .token = {}, .mic = std::string(16, 'm')},
  };
  for (const Response& sent : kResponses) {
    const Token token = Parse(Write(sent));
    const auto* got = std::get_if<Response>(&token);
    ASSERT_NE(got, nullptr);
    EXPECT_EQ(got->state, sent.state);
    EXPECT_EQ(got->mechanism, sent.mechanism);
    EXPECT_EQ(got->token, sent.token);
    EXPECT_EQ(got->mic, sent.mic);
  }
  EXPECT_EQ(ToHex(Write(kResponses[1])),
            "a115"
            "3013"
            "a0030a0103"
            "a10c060a2b06010401823702020a");
}

TEST(SpnegoTest, NtlmByItselfIsKnownByItsSignature) {
  const std::string negotiate = ntlm::WriteNegotiate({});
  const Token token = Parse(negotiate);
  const auto* raw = std::get_if<RawNtlm>(&token);
  ASSERT_NE(raw, nullptr);
  EXPECT_EQ(raw->token, negotiate);
}

TEST(SpnegoTest, KerberosByItselfIsToldApart) {
  for (const std::string_view oid : {kKerberosOid, kMsKerberosOid}) {
    const std::string frame = DerValue(kDerOid, oid) + FromHex("0100") + "AP-REQ";
    EXPECT_TRUE(std::holds_alternative<RawKerberos>(Parse(DerValue(kDerApplication0, frame))));
  }
}

TEST(SpnegoTest, EveryCutOrExtendedTokenIsMalformed) {
  const std::string tokens[] = {Write(NtlmInit(std::string(200, 't'))),
                                Write(Response{.state = State::kAcceptIncomplete,
                                               .mechanism = std::string(kNtlmOid),
                                               .token = std::string(200, 't'),
                                               .mic = "mic"})};
  for (const std::string& token : tokens) {
    ASSERT_FALSE(IsMalformed(token));
    EXPECT_TRUE(IsMalformed(token + '\0'));
    for (std::size_t size = 0; size < token.size(); ++size) {
      EXPECT_TRUE(IsMalformed(token.substr(0, size))) << size;
    }
  }
}

TEST(SpnegoTest, FieldsComeInOrderOnceAndWithTheRightType) {
  const auto response = [](const char* fields) {
    return DerValue(DerContext(1), DerValue(kDerSequence, FromHex(fields)));
  };
  EXPECT_FALSE(IsMalformed(response("a0030a0101")));
  EXPECT_FALSE(IsMalformed(response("")));
  for (const char* fields :
       {"a0030a0104", "a0040a020001", "a0030a0101a0030a0101", "a203040154a0030a0101", "a003040101",
        "a2020401", "a203040154ff", "a403040154", "a2080401540401540000"}) {
    EXPECT_TRUE(IsMalformed(response(fields))) << fields;
  }
  const auto init = [](const char* fields) {
    return DerValue(kDerApplication0,
                    FromHex("06062b0601050502") +
                        DerValue(DerContext(0), DerValue(kDerSequence, FromHex(fields))));
  };
  EXPECT_FALSE(IsMalformed(init("a00530030601aa")));
  for (const char* fields : {"", "a0023000", "a00430020600", "a00530030401aa", "a203040154",
                             "a203040154a00530030601aa", "a00530030601aaa00530030601aa"}) {
    EXPECT_TRUE(IsMalformed(init(fields))) << fields;
  }
  EXPECT_TRUE(IsMalformed(FromHex("600806062b0601050502"))) << "nothing behind the mechanism";
  EXPECT_TRUE(IsMalformed(FromHex("60050603550101"))) << "a mechanism nobody knows";
}

TEST(SpnegoTest, TokensAndListsHaveLimits) {
  const auto of_size = [](std::size_t size) {
    const std::size_t overhead = Write(NtlmInit(std::string(60'000, 't'))).size() - 60'000;
    return Write(NtlmInit(std::string(size - overhead, 't')));
  };
  for (const std::size_t size : {kMaxTokenBytes - 1, kMaxTokenBytes}) {
    const std::string token = of_size(size);
    ASSERT_EQ(token.size(), size);
    EXPECT_FALSE(IsMalformed(token));
  }
  EXPECT_TRUE(IsMalformed(of_size(kMaxTokenBytes + 1)));
  for (const std::size_t count : {31U, 32U, 33U}) {
    const Init many{.mechanisms = std::vector<std::string>(count, std::string(kNtlmOid)),
                    .mechanism_list = {},
                    .token = {}};
    EXPECT_EQ(IsMalformed(Write(many)), count > 32) << count;
  }
}

}  // namespace
}  // namespace wsman::auth::spnego
