#include "engine/transfer/upload_ack.h"

#include "engine/transfer/curl_url.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace engine::transfer {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr const char* kProtocolLine = "{7DF0354D-249B-430F-820D-3D2A9BEF4931}";
using Fields = std::vector<std::pair<std::string, std::string>>;

ReplyHead Head(int status, const Fields& fields, bool ack = true) {
  ReplyHead head;
  head.status = status;
  if (ack) head.fields.push_back({"Bits-Packet-Type", "ACK"});
  for (const auto& [name, value] : fields) head.fields.push_back({name, value});
  return head;
}

UploadVerdict OfCreate(const Fields& fields, int status = 200) {
  return JudgeAck({PacketType::kCreateSession, "", 0}, Head(status, fields));
}
UploadVerdict OfFragment(const Fields& fields, int status = 200) {
  return JudgeAck({PacketType::kFragment, "{1}", 1'000}, Head(status, fields));
}
UploadVerdict OfClose(const Fields& fields, int status = 200) {
  return JudgeAck({PacketType::kCloseSession, "{1}", 1'000}, Head(status, fields));
}

Acknowledged Taken(const UploadVerdict& verdict) {
  const auto* ack = std::get_if<Acknowledged>(&verdict);
  EXPECT_NE(ack, nullptr) << "verdict " << verdict.index();
  return ack != nullptr ? *ack : Acknowledged();
}
Refuse Refused(const UploadVerdict& verdict) {
  const auto* refuse = std::get_if<Refuse>(&verdict);
  EXPECT_NE(refuse, nullptr) << "verdict " << verdict.index();
  return refuse != nullptr ? *refuse : Refuse();
}

Fields Session(Fields more = {}) {
  Fields fields = {{"BITS-Protocol", kProtocolLine}, {"BITS-Session-Id", "{1}"}};
  for (auto& field : more) {
    std::erase_if(fields, [&](const auto& old) { return old.first == field.first; });
    fields.push_back(std::move(field));
  }
  return fields;
}

// --- Create-Session -------------------------------------------------------------

TEST(UploadAckTest, ASessionIsMadeWith200Or201) {
  EXPECT_EQ(Taken(OfCreate(Session())).session, "{1}");
  EXPECT_EQ(Taken(OfCreate(Session(), 201)).session, "{1}");
  EXPECT_FALSE(std::holds_alternative<Acknowledged>(OfCreate(Session(), 202)));
}

TEST(UploadAckTest, AHostIdComesWithItsTimeout) {
  const Acknowledged ack = Taken(OfCreate(
      Session({{"BITS-Host-Id", "node2:8080"}, {"BITS-Host-Id-Fallback-Timeout", "600"}})));
  EXPECT_EQ(ack.host, "node2:8080");
  EXPECT_THAT(ack.host_fallback, Optional(std::chrono::seconds(600)));
  const Acknowledged plain = Taken(OfCreate(Session()));
  EXPECT_EQ(plain.host, "");
  EXPECT_EQ(plain.host_fallback, std::nullopt);
}

TEST(UploadAckTest, AHostIdThatIsNoHostIsRefused) {
  for (const char* host :
       {"a/b", "user@host", "a b", "[::1", "host:0", "host:65536", "host:x", "?"})
    EXPECT_EQ(Refused(OfCreate(Session({{"BITS-Host-Id", host}}))).error.code,
              HResult::kInvalidServerReply)
        << host;
}

TEST(UploadAckTest, AnotherProtocolIsAMismatch) {
  for (const char* protocol : {"", "{00000000-0000-0000-0000-000000000000}"}) {
    const Refuse refuse = Refused(OfCreate(Session({{"BITS-Protocol", protocol}})));
    EXPECT_EQ(refuse.error.code, HResult::kProtocolMismatch);
    EXPECT_FALSE(refuse.recoverable);
  }
}

TEST(UploadAckTest, ASessionWithoutAUsableNameIsRefused) {
  for (const std::string& id : {std::string(), std::string("a b"), std::string("a\tb"),
                                std::string("caf\xc3\xa9"), std::string(kMaxSessionId + 1, 'a')})
    EXPECT_EQ(Refused(OfCreate(Session({{"BITS-Session-Id", id}}))).error.code,
              HResult::kInvalidServerReply)
        << id;
}

TEST(UploadAckTest, TwoDifferentNamesOfASessionAreNone) {
  Fields fields = Session();
  fields.emplace_back("BITS-Session-Id", "{2}");
  EXPECT_TRUE(std::holds_alternative<Refuse>(OfCreate(fields)));
}

TEST(UploadAckTest, NamesOfSessionsHaveALimit) {
  EXPECT_TRUE(IsSessionId(std::string(kMaxSessionId - 1, 'a')));
  EXPECT_TRUE(IsSessionId(std::string(kMaxSessionId, 'a')));
  EXPECT_FALSE(IsSessionId(std::string(kMaxSessionId + 1, 'a')));
}

TEST(UploadAckTest, HostsHaveALimitAndAForm) {
  EXPECT_TRUE(IsHostId(std::string(kMaxHostId - 1, 'a')));
  EXPECT_TRUE(IsHostId(std::string(kMaxHostId, 'a')));
  EXPECT_FALSE(IsHostId(std::string(kMaxHostId + 1, 'a')));
  for (const char* good : {"a", "a.example", "192.0.2.1", "[2001:db8::1]", "[::1]:443", "h:65535"})
    EXPECT_TRUE(IsHostId(good)) << good;
  for (const char* bad : {"", ":", ":80", "[]", "[::1]x", "2001:db8::1", "-a", "a,b", "a#", "a\\b"})
    EXPECT_FALSE(IsHostId(bad)) << bad;
}

// --- Fragment -------------------------------------------------------------------

TEST(UploadAckTest, TheServerSaysWhichByteItWantsNext) {
  EXPECT_EQ(Taken(OfFragment({{"BITS-Received-Content-Range", "500"}})).offset, 500u);
  EXPECT_EQ(Taken(OfFragment({{"BITS-Received-Content-Range", "0"}}, 416)).offset, 0u);
  EXPECT_TRUE(Taken(OfFragment({{"BITS-Received-Content-Range", "0"}}, 416)).moved);
}

TEST(UploadAckTest, OffsetsUpToTheEndOfTheFileAreTaken) {
  EXPECT_EQ(Taken(OfFragment({{"BITS-Received-Content-Range", "999"}})).offset, 999u);
  EXPECT_EQ(Taken(OfFragment({{"BITS-Received-Content-Range", "1000"}})).offset, 1'000u);
  for (const char* text : {"1001", "-1", "", "x", "0x10", "18446744073709551615", "5 5", "5, 6"})
    EXPECT_EQ(Refused(OfFragment({{"BITS-Received-Content-Range", text}})).error.code,
              HResult::kInvalidServerReply)
        << text;
}

TEST(UploadAckTest, A416WithoutAnOffsetIsAnError) {
  EXPECT_EQ(Refused(OfFragment({}, 416)).error.code, HttpError(416));
}

TEST(UploadAckTest, ASessionIdMayBeMissingButNotBeAnother) {
  const std::pair<std::string, std::string> offset = {"BITS-Received-Content-Range", "5"};
  EXPECT_EQ(Taken(OfFragment({offset, {"BITS-Session-Id", "{1}"}})).offset, 5u);
  EXPECT_EQ(Refused(OfFragment({offset, {"BITS-Session-Id", "{2}"}})).error.code,
            HResult::kInvalidServerReply);
}

TEST(UploadAckTest, WhatIsNoAckIsNotBelieved) {
  const ReplyHead page = Head(200, {{"BITS-Received-Content-Range", "5"}}, /*ack=*/false);
  const Refuse refuse = Refused(JudgeAck({PacketType::kFragment, "{1}", 1'000}, page));
  EXPECT_EQ(refuse.error.code, HResult::kInvalidServerReply);
  EXPECT_TRUE(refuse.recoverable);
}

TEST(UploadAckTest, A413AsksForSmallerFragments) {
  EXPECT_TRUE(std::holds_alternative<TooLarge>(OfFragment({}, 413)));
  EXPECT_TRUE(std::holds_alternative<Refuse>(OfCreate({}, 413)));
}

TEST(UploadAckTest, ValuesHaveALimit) {
  const auto with = [](std::size_t size) {
    return OfClose({{"BITS-Whatever", std::string(size, 'a')}});
  };
  Taken(with(kMaxUploadValue - 1));
  Taken(with(kMaxUploadValue));
  EXPECT_EQ(Refused(with(kMaxUploadValue + 1)).error.code, HResult::kInvalidServerReply);
}

TEST(UploadAckTest, AddressesOfRepliesHaveALimit) {
  const auto with = [](std::size_t size) {
    return OfFragment(
        {{"BITS-Received-Content-Range", "1000"}, {"BITS-Reply-URL", std::string(size, 'a')}});
  };
  Taken(with(kMaxReplyUrl - 1));
  EXPECT_EQ(Taken(with(kMaxReplyUrl)).reply_url.size(), kMaxReplyUrl);
  EXPECT_TRUE(std::holds_alternative<Refuse>(with(kMaxReplyUrl + 1)));
}

// --- errors ---------------------------------------------------------------------

TEST(UploadAckTest, EitherErrorHeaderTellsThatTheSessionIsLost) {
  for (const char* name : {"BITS-Error", "bits-error-code"}) {
    EXPECT_TRUE(std::holds_alternative<SessionLost>(OfFragment({{name, "0x8020001F"}}, 500)));
    EXPECT_TRUE(std::holds_alternative<SessionLost>(OfClose({{name, "8020001f"}}, 200)));
  }
  EXPECT_TRUE(std::holds_alternative<Refuse>(OfCreate({{"BITS-Error", "0x8020001F"}}, 500)));
}

struct ErrorCase {
  int status;
  const char* code;
  HResult expected;
  bool recoverable;
};

TEST(UploadAckTest, ErrorsAreThoseOfTheServer) {
  for (const ErrorCase& one :
       {ErrorCase{400, "0x80070057", HResult::kInvalidArgument, false},
        ErrorCase{403, "0x80070005", HResult::kAccessDenied, false},
        ErrorCase{404, "", HttpError(404), false}, ErrorCase{405, "", HttpError(405), false},
        ErrorCase{408, "0x80070112", HResult{0x80070112}, true},
        ErrorCase{500, "", HttpError(500), true},
        ErrorCase{500, "0x80070070", HResult::kDiskFull, true},
        ErrorCase{500, "0x80200020", HResult::kTooLarge, false},
        ErrorCase{501, "0x80070005", HResult::kAccessDenied, false},
        ErrorCase{503, "0x0", HttpError(503), true}, ErrorCase{302, "", HttpError(302), false}}) {
    const Refuse refuse = Refused(OfFragment({{"BITS-Error", one.code}}, one.status));
    EXPECT_EQ(refuse.error.code, one.expected) << one.status;
    EXPECT_EQ(refuse.recoverable, one.recoverable) << one.status;
    EXPECT_EQ(refuse.error.context, ErrorContext::kRemoteFile);
  }
}

TEST(UploadAckTest, AFileThatMayNotBeReplacedIsFinal) {
  EXPECT_FALSE(Refused(OfCreate({}, 409)).recoverable);
  EXPECT_TRUE(Refused(OfFragment({}, 409)).recoverable);
}

TEST(UploadAckTest, TheServersApplicationIsAContext) {
  const Refuse refuse =
      Refused(OfFragment({{"BITS-Error", "0x80070057"}, {"BITS-Error-Context", "0x7"}}, 500));
  EXPECT_EQ(refuse.error.context, ErrorContext::kRemoteApplication);
}

TEST(UploadAckTest, ANamedTimeIsKept) {
  EXPECT_THAT(Refused(OfFragment({{"Retry-After", "7"}}, 503)).retry_after,
              Optional(std::chrono::seconds(7)));
}

TEST(UploadAckTest, HResultsAreHexadecimalFailures) {
  EXPECT_THAT(ParseHResult(" 0x8020001F "), Optional(Eq(HResult::kSessionNotFound)));
  EXPECT_THAT(ParseHResult("80070005"), Optional(Eq(HResult::kAccessDenied)));
  for (const char* text : {"", "0x", "0", "0x00200017", "0x180070005", "-1", "0x8007000G", "x"})
    EXPECT_EQ(ParseHResult(text), std::nullopt) << text;
}

// --- BITS-Host-Id ---------------------------------------------------------------

TEST(UploadAckTest, AHostIdTakesThePlaceOfTheHostAndItsPort) {
  EXPECT_EQ(WithHost("http://h:81/d/f?a=b", "node"), "http://node/d/f?a=b");
  EXPECT_EQ(WithHost("http://h/d/f", "node:8080"), "http://node:8080/d/f");
  EXPECT_EQ(WithHost("https://h/f", "[2001:db8::1]:444"), "https://[2001:db8::1]:444/f");
  EXPECT_EQ(WithHost("http://h/f", "[::1"), "");
}

// --- BITS-Reply-URL -------------------------------------------------------------

std::string Resolved(const std::string& text) {
  return ResolveReplyUrl("http://h:80/dir/file.bin?a=b", text, false).value_or("none");
}

TEST(UploadAckTest, PathsOfWindowsAreResolvedAgainstTheDirectory) {
  EXPECT_EQ(Resolved("BITS-Sessions\\Replies\\{1}\\r.bin"),
            "http://h:80/dir/BITS-Sessions/Replies/%7B1%7D/r.bin");
  EXPECT_EQ(Resolved("\\r.bin"), "http://h:80/r.bin");
  EXPECT_EQ(Resolved("http://other/r.bin"), "http://other/r.bin");
  EXPECT_EQ(Resolved("a b"), "http://h:80/dir/a%20b");
}

TEST(UploadAckTest, AddressesThatNobodyMayBeSentToAreRefused) {
  for (const char* text : {"ftp://h/r", "file:///etc/passwd", "http://u:p@h/r", "C:\\r.bin"})
    EXPECT_EQ(Resolved(text), "none") << text;
  const auto down = ResolveReplyUrl("https://h/f", "http://h/r", false);
  ASSERT_FALSE(down);
  EXPECT_THAT(down.error().message, HasSubstr("BITS-Reply-URL"));
  EXPECT_TRUE(ResolveReplyUrl("https://h/f", "http://h/r", true));
}

}  // namespace
}  // namespace engine::transfer
