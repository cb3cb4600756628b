#include "wsman/http/request_body.h"

#include <gtest/gtest.h>

namespace wsman::http {
namespace {

using State = BodyReader::State;

RequestHead Sized(std::uint64_t length) {
  RequestHead head;
  head.content_length = length;
  return head;
}

RequestHead Chunked() {
  RequestHead head;
  head.chunked = true;
  return head;
}

struct Result {
  State state = State::kMore;
  std::string body;
  std::size_t taken = 0;
  bool operator==(const Result&) const = default;
};

Result Read(const RequestHead& head, std::string_view text, std::size_t largest = 1'000,
            BodyUse use = BodyUse::kKeep, std::size_t cut = std::string_view::npos) {
  BodyReader reader(head, ServerLimits{}, largest, use);
  Result result;
  for (const std::string_view piece :
       {text.substr(0, cut), cut > text.size() ? "" : text.substr(cut)}) {
    if (reader.state() == State::kMore) result.taken += reader.Feed(piece);
  }
  result.state = reader.state();
  result.body = reader.TakeBody();
  return result;
}

TEST(RequestBodyTest, ALengthIsTakenExactly) {
  EXPECT_EQ(Read(Sized(4), "bodynext"), (Result{State::kDone, "body", 4}));
  EXPECT_EQ(Read(Sized(5), "body"), (Result{State::kMore, "body", 4}));
  EXPECT_EQ(Read(Sized(0), "next"), (Result{State::kDone, "", 0}));
  EXPECT_EQ(Read(RequestHead(), "next"), (Result{State::kDone, "", 0}));
}

TEST(RequestBodyTest, ChunksAreJoinedAndTrailersDropped) {
  EXPECT_EQ(Read(Chunked(), "4\r\nbody\r\n0\r\n\r\nnext"), (Result{State::kDone, "body", 14}));
  EXPECT_EQ(Read(Chunked(), "1\r\nb\r\n03;a=\"b\"\r\nody\r\n000\r\nA: b\r\nC:\r\n\r\n").body,
            "body");
  EXPECT_EQ(Read(Chunked(), "A\r\n0123456789\r\n0\r\n\r\n").body, "0123456789");
  EXPECT_EQ(Read(Chunked(), "a\r\n0123456789\r\n0\r\n\r\n").state, State::kDone);
}

TEST(RequestBodyTest, ChunkedCodingIsReadStrictly) {
  for (const std::string_view text :
       {"\r\n", "x\r\n", "-1\r\n", "+1\r\nb\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "1\nb", "1\r\nbo",
        "1\r\nb\n", "1\r\nb\r\r", "123456789\r\n", "1\r0", "0\r\nA\r\n", "0\r\n A: b\r\n",
        "0\r\n\n", "0\r\nA: \x01\r\n", "4\r\nbodyX"}) {
    EXPECT_EQ(Read(Chunked(), text).state, State::kBad) << text;
  }
  EXPECT_EQ(Read(Chunked(), std::string_view("1\0\r\n", 4)).state, State::kBad);
}

TEST(RequestBodyTest, EverySplitGivesTheSameResult) {
  const std::string_view text = "4;x\r\nbody\r\n10\r\n0123456789abcdef\r\n0\r\nA: b\r\n\r\nnext";
  const Result whole = Read(Chunked(), text);
  EXPECT_EQ(whole.state, State::kDone);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Read(Chunked(), text, 1'000, BodyUse::kKeep, cut), whole) << cut;
  }
}

TEST(RequestBodyTest, BodiesHaveALargestLength) {
  EXPECT_EQ(Read(Sized(9), "0123456789", 10).state, State::kDone);
  EXPECT_EQ(Read(Sized(10), "0123456789", 10).state, State::kDone);
  EXPECT_EQ(Read(Sized(11), "", 10).state, State::kTooLarge);
  EXPECT_EQ(Read(Chunked(), "9\r\n012345678\r\n0\r\n\r\n", 10).state, State::kDone);
  EXPECT_EQ(Read(Chunked(), "6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n", 10).state, State::kDone);
  EXPECT_EQ(Read(Chunked(), "6\r\n012345\r\n5\r\n", 10).state, State::kTooLarge);
  EXPECT_EQ(Read(Chunked(), "ffffffff\r\n", 10).state, State::kTooLarge);
}

TEST(RequestBodyTest, AThrownAwayBodyIsCountedAndNotKept) {
  EXPECT_EQ(Read(Sized(4), "bodynext", 10, BodyUse::kThrowAway), (Result{State::kDone, "", 4}));
  EXPECT_EQ(Read(Chunked(), "4\r\nbody\r\n0\r\n\r\n", 10, BodyUse::kThrowAway).body, "");
  EXPECT_EQ(Read(Sized(11), "", 10, BodyUse::kThrowAway).state, State::kTooLarge);
}

TEST(RequestBodyTest, ExtensionsAndTrailersAreBounded) {
  const auto extension = [](std::size_t bytes) {
    return Read(Chunked(), "0;" + std::string(bytes - 1, 'x') + "\r\n\r\n").state;
  };
  EXPECT_EQ(extension(8'190), State::kDone);
  EXPECT_EQ(extension(8'191), State::kDone);  // 8,192 with the size
  EXPECT_EQ(extension(8'192), State::kBad);
  const std::string half = "1;" + std::string(4'096, 'x') + "\r\nb\r\n";
  EXPECT_EQ(Read(Chunked(), half + half + "0\r\n\r\n").state, State::kBad);
  const auto trailers = [](int count) {
    std::string text = "0\r\n";
    for (int i = 0; i < count; ++i) text += "A: b\r\n";
    return Read(Chunked(), text + "\r\n").state;
  };
  EXPECT_EQ(trailers(63), State::kDone);
  EXPECT_EQ(trailers(64), State::kDone);
  EXPECT_EQ(trailers(65), State::kBad);
}

}  // namespace
}  // namespace wsman::http
