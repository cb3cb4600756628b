#include "wsman/auth/sealed_message.h"

#include <gmock/gmock.h>

#include "wsman/auth/hex.h"

namespace wsman::auth {
namespace {

using ::testing::HasSubstr;

constexpr char kSoap[] = "application/soap+xml;charset=UTF-8";
const std::string kHttp = SealedContentType(SealProtocol::kSpnego);
const std::string kSignature = FromHex("01000000aabbccddeeff001100000000");

// The parts of a frame, to be varied one at a time.
struct Frame {
  std::string first = "--Encrypted Boundary\r\n";
  std::string type = "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n";
  std::string original = "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=4\r\n";
  std::string second = "--Encrypted Boundary\r\n";
  std::string octets = "\tContent-Type: application/octet-stream\r\n";
  std::string length = FromHex("10000000");
  std::string data = kSignature + "data";
  std::string last = "--Encrypted Boundary--\r\n";

  std::string Text() const {
    return first + type + original + second + octets + length + data + last;
  }
};

Frame With(std::string Frame::*part, std::string text) {
  Frame frame;
  frame.*part = std::move(text);
  return frame;
}

// The ciphertext found, or what is wrong.
std::string Found(const std::string& body, const std::string& content_type = kHttp) {
  const auto message = ParseSealed(content_type, body);
  return message ? std::string(message->ciphertext) : message.error();
}

std::string Found(const Frame& frame) { return Found(frame.Text()); }

TEST(SealedMessageTest, IsWrittenAsWindowsDoes) {
  EXPECT_EQ(kHttp,
            "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
            "boundary=\"Encrypted Boundary\"");
  EXPECT_EQ(WriteSealed(SealProtocol::kSpnego, kSoap, 4, kSignature, "data"), Frame().Text());
  EXPECT_EQ(SealedContentType(SealProtocol::kKerberos),
            "multipart/encrypted;protocol=\"application/HTTP-Kerberos-session-encrypted\";"
            "boundary=\"Encrypted Boundary\"");
  EXPECT_THAT(WriteSealed(SealProtocol::kKerberos, kSoap, 4, kSignature, "data"),
              HasSubstr("\tContent-Type: application/HTTP-Kerberos-session-encrypted\r\n"));
}

// What pywinrm 0.3.0 does with a reply: split at the boundary lines, take the
// text behind "Length=", cut the closing boundary and the second header.
TEST(SealedMessageTest, APywinrmClientFindsItsWayThroughTheReply) {
  const std::string body = WriteSealed(SealProtocol::kSpnego, kSoap, 4, kSignature, "data");
  const std::string line = "--Encrypted Boundary\r\n";
  ASSERT_TRUE(body.starts_with(line));
  const std::size_t second = body.find(line, line.size());
  const std::string header = body.substr(line.size(), second - line.size());
  EXPECT_EQ(header.substr(header.find("Length=") + 7), "4\r\n");
  std::string payload = body.substr(second + line.size());
  EXPECT_EQ(payload.substr(payload.size() - 24), "--Encrypted Boundary--\r\n");
  payload.resize(payload.size() - 24);
  const std::string octets = "\tContent-Type: application/octet-stream\r\n";
  ASSERT_TRUE(payload.starts_with(octets));
  EXPECT_EQ(payload.substr(octets.size()), FromHex("10000000") + kSignature + "data");
}

TEST(SealedMessageTest, SurvivesTheRoundTrip) {
  for (const SealProtocol protocol : {SealProtocol::kSpnego, SealProtocol::kKerberos}) {
    for (const std::size_t size : {0U, 1U, 1000U, 200'000U}) {
      const std::string data(size, '\xC3');
      const std::string body = WriteSealed(protocol, kSoap, size, std::string(60, 's'), data);
      const auto message = ParseSealed(SealedContentType(protocol), body);
      ASSERT_TRUE(message) << message.error();
      EXPECT_EQ(message->protocol, protocol);
      EXPECT_EQ(message->content_type, kSoap);
      EXPECT_EQ(message->declared_length, size);
      EXPECT_EQ(message->signature, std::string(60, 's'));
      EXPECT_EQ(message->ciphertext, data);
      EXPECT_EQ(message->sealed, std::string(60, 's') + data);
    }
  }
}

TEST(SealedMessageTest, EveryFormThatClientsWriteIsTaken) {
  const Frame frames[] = {
      Frame(),
      With(&Frame::type, "Content-Type: application/HTTP-SPNEGO-session-encrypted\r\n"),
      With(&Frame::type, "    content-type:APPLICATION/http-spnego-SESSION-encrypted \r\n"),
      With(&Frame::original,
           "OriginalContent: type=application/soap+xml;charset=UTF-8;Length=4\r\n"),
      With(&Frame::original,
           " originalcontent: TYPE=application/soap+xml; CharSet=\"UTF-8\"; length=4\r\n"),
      With(&Frame::octets, "Content-Type: application/octet-stream\r\n"),
      With(&Frame::octets, "  CONTENT-TYPE:application/OCTET-stream\r\n"),
      With(&Frame::first, "-- Encrypted Boundary\r\n"),
      With(&Frame::second, "-- Encrypted Boundary\r\n"),
      With(&Frame::second, "--ENCRYPTED boundary\r\n"),
      With(&Frame::last, "-- Encrypted Boundary--\r\n"),
      With(&Frame::last, "--Encrypted Boundary--\r\n\r\n"),
      With(&Frame::last, "--Encrypted Boundary--"),
  };
  for (const Frame& frame : frames) EXPECT_EQ(Found(frame), "data") << frame.Text();
  Frame swapped;
  std::swap(swapped.type, swapped.original);
  EXPECT_EQ(Found(swapped), "data");
}

TEST(SealedMessageTest, TheHttpHeaderMayBeSpelledInManyWays) {
  for (const char* header :
       {"Multipart/Encrypted; Boundary=\"Encrypted Boundary\" ; "
        "Protocol=\"application/http-spnego-session-encrypted\"",
        "multipart/encrypted;protocol=application/HTTP-SPNEGO-session-encrypted;"
        "boundary=Encrypted Boundary;charset=UTF-8"}) {
    EXPECT_EQ(Found(Frame().Text(), header), "data") << header;
  }
  for (const char* header :
       {"", "text/plain", "multipart/encrypted",
        "multipart/encrypted;boundary=\"Encrypted Boundary\"",
        "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\"",
        "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"x\"",
        "multipart/encrypted;protocol=\"application/HTTP-CredSSP-session-encrypted\";"
        "boundary=\"Encrypted Boundary\"",
        "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
        "protocol=\"application/HTTP-Kerberos-session-encrypted\";boundary=\"Encrypted Boundary\"",
        "multipart/x-multi-encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
        "boundary=\"Encrypted Boundary\""}) {
    EXPECT_FALSE(ParseSealed(header, Frame().Text())) << header;
  }
}

TEST(SealedMessageTest, SealedTypesAreKnownEvenWhenTheyAreNotTaken) {
  EXPECT_TRUE(IsSealedType(kHttp));
  EXPECT_TRUE(IsSealedType(" MULTIPART/encrypted ; x"));
  EXPECT_TRUE(IsSealedType("multipart/x-multi-encrypted"));
  EXPECT_FALSE(IsSealedType("application/soap+xml;charset=UTF-8"));
  EXPECT_FALSE(IsSealedType(""));
}

TEST(SealedMessageTest, TheCharsetOfTheTextIsHandedOn) {
  const Frame utf16 = With(
      &Frame::original, "\tOriginalContent: type=application/soap+xml;charset=UTF-16;Length=4\r\n");
  EXPECT_EQ(ParseSealed(kHttp, utf16.Text())->content_type, "application/soap+xml;charset=UTF-16");
  const Frame none =
      With(&Frame::original, "\tOriginalContent: type=application/soap+xml;Length=4\r\n");
  EXPECT_EQ(ParseSealed(kHttp, none.Text())->content_type, "application/soap+xml");
}

TEST(SealedMessageTest, BoundariesInsideTheCiphertextAreCiphertext) {
  for (const std::string data :
       {"--Encrypted Boundary--\r\n", "--Encrypted Boundary\r\n", "\r\n--Encrypted Boundary--",
        "\tContent-Type: application/octet-stream\r\n", "\r\n", "--", "-", "-- ",
        "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"}) {
    const std::string body =
        WriteSealed(SealProtocol::kSpnego, kSoap, data.size(), kSignature, data);
    EXPECT_EQ(Found(body), data);
  }
}

TEST(SealedMessageTest, FramesThatAreNotCompleteAreRefused) {
  const std::string whole = Frame().Text();
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_FALSE(ParseSealed(kHttp, whole.substr(0, size))) << size;
  }
  const Frame frames[] = {
      With(&Frame::first, ""),
      With(&Frame::first, "\r\n\r\n--Encrypted Boundary\r\n"),
      With(&Frame::first, "--  Encrypted Boundary\r\n"),
      With(&Frame::first, "--Other\r\n"),
      With(&Frame::first, "--Encrypted Boundary\n"),
      With(&Frame::type, ""),
      With(&Frame::type, "\tContent-Type: application/HTTP-Kerberos-session-encrypted\r\n"),
      With(&Frame::type, Frame().type + Frame().type),
      With(&Frame::type, Frame().type + "X-Other: 1\r\n"),
      With(&Frame::original, ""),
      With(&Frame::original, Frame().original + Frame().original),
      With(&Frame::second, ""),
      With(&Frame::octets, ""),
      With(&Frame::octets, "\tContent-Type: text/plain\r\n"),
      With(&Frame::last, ""),
      With(&Frame::last, "--Encrypted Boundary\r\n"),
      With(&Frame::last, "--Encrypted Boundary--\r\n\r\n\r\n"),
      With(&Frame::last, "--Encrypted Boundary--\r\ntrailer"),
  };
  for (const Frame& frame : frames) EXPECT_FALSE(ParseSealed(kHttp, frame.Text())) << frame.Text();
}

TEST(SealedMessageTest, LengthsThatLieAreRefused) {
  const auto frame = [](const std::string& length) {
    return With(&Frame::original,
                "\tOriginalContent: type=application/soap+xml;charset=UTF-8;" + length + "\r\n");
  };
  EXPECT_EQ(Found(frame("Length=4")), "data");
  for (const char* length :
       {"Length=5", "Length=-4", "Length=", "Length", "Length=4x", "Length=+4", "Length=0x4",
        "Length=99999999999999999999", "", "Length=4;Length=4"}) {
    EXPECT_FALSE(ParseSealed(kHttp, frame(length).Text())) << length;
  }
}

TEST(SealedMessageTest, SignaturesHave4To1024Bytes) {
  const auto with_signature = [](std::size_t size) {
    return Found(WriteSealed(SealProtocol::kSpnego, kSoap, 4, std::string(size, 's'), "data"));
  };
  for (const std::size_t size : {4U, 5U, 1023U, 1024U}) EXPECT_EQ(with_signature(size), "data");
  for (const std::size_t size : {0U, 3U, 1025U}) {
    EXPECT_THAT(with_signature(size), HasSubstr("signature"));
  }
  EXPECT_THAT(Found(With(&Frame::length, FromHex("ffffffff"))), HasSubstr("signature"));
  EXPECT_THAT(Found(With(&Frame::length, FromHex("15000000"))), HasSubstr("signature"));
  EXPECT_THAT(Found(With(&Frame::data, "")), HasSubstr("signature"));
  // An empty line before the data, which no client writes.
  EXPECT_THAT(Found(With(&Frame::length, "\r\n" + FromHex("10000000"))), HasSubstr("signature"));
}

TEST(SealedMessageTest, PaddingHasAtMost16Bytes) {
  for (const std::size_t padding : {0U, 15U, 16U, 17U}) {
    const std::string body = WriteSealed(SealProtocol::kKerberos, kSoap, 100, kSignature,
                                         std::string(100 + padding, 'd'));
    EXPECT_EQ(ParseSealed(SealedContentType(SealProtocol::kKerberos), body).has_value(),
              padding <= 16);
  }
}

TEST(SealedMessageTest, TheDeclaredLengthIsThatOfTheTextOrOfThePaddedText) {
  const auto message = [](std::size_t declared, std::size_t ciphertext) {
    static const std::string kData(200, 'd');
    return SealedMessage{.protocol = SealProtocol::kKerberos,
                         .content_type = {},
                         .declared_length = declared,
                         .signature = {},
                         .ciphertext = std::string_view(kData).substr(0, ciphertext),
                         .sealed = {}};
  };
  EXPECT_TRUE(LengthAgrees(message(100, 100), 100));
  EXPECT_TRUE(LengthAgrees(message(100, 108), 100)) << "of the text";
  EXPECT_TRUE(LengthAgrees(message(108, 108), 100)) << "of the padded text";
  EXPECT_FALSE(LengthAgrees(message(104, 108), 100));
  EXPECT_FALSE(LengthAgrees(message(100, 100), 101));
  EXPECT_TRUE(LengthAgrees(message(116, 116), 100));
  EXPECT_FALSE(LengthAgrees(message(117, 117), 100));
}

TEST(SealedMessageTest, AFrameAddsAtMost4Kib) {
  const auto with_overhead = [](std::size_t overhead) {
    Frame frame;
    const std::size_t usual = frame.Text().size() - 4;
    frame.type.insert(1, std::string(overhead - usual, ' '));
    return Found(frame);
  };
  EXPECT_EQ(with_overhead(kMaxSealOverhead - 1), "data");
  EXPECT_EQ(with_overhead(kMaxSealOverhead), "data");
  EXPECT_THAT(with_overhead(kMaxSealOverhead + 1), HasSubstr("4096"));
}

}  // namespace
}  // namespace wsman::auth
