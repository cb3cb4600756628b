#include "engine/transfer/head_collector.h"

#include <gmock/gmock.h>

#include "engine/transfer/redirect.h"

namespace engine::transfer {
namespace {

using ::testing::Eq;
using ::testing::Optional;
using Progress = HeadCollector::Progress;

Progress AddAll(HeadCollector& head, const std::vector<std::string>& lines) {
  Progress last = Progress::kMore;
  for (const std::string& line : lines) {
    last = head.Add(line);
    if (last == Progress::kRefused) break;
  }
  return last;
}

TEST(HeadCollectorTest, AHeadIsCompleteAtTheEmptyLine) {
  HeadCollector head;
  EXPECT_EQ(AddAll(head, {"HTTP/1.0 200 OK\r\n", "ETag:  \"a\" \r\n", "Empty:\r\n"}),
            Progress::kMore);
  EXPECT_EQ(head.Add("\r\n"), Progress::kComplete);
  EXPECT_EQ(head.head().status, 200);
  EXPECT_EQ(head.head().http_minor, 0);
  ASSERT_EQ(head.head().fields.size(), 2u);
  EXPECT_EQ(head.head().fields[0].name, "ETag");
  EXPECT_EQ(head.head().fields[0].value, "\"a\"");
  EXPECT_EQ(head.head().fields[1].value, "");
}

TEST(HeadCollectorTest, InterimRepliesLeaveNothingBehind) {
  HeadCollector head;
  EXPECT_EQ(AddAll(head, {"HTTP/1.1 103 Early Hints\r\n", "ETag: \"a\"\r\n", "\r\n"}),
            Progress::kMore);
  EXPECT_EQ(AddAll(head, {"HTTP/1.1 404\r\n", "\r\n"}), Progress::kComplete);
  EXPECT_EQ(head.head().status, 404);
  EXPECT_TRUE(head.head().fields.empty());
}

TEST(HeadCollectorTest, TrailersChangeNothing) {
  HeadCollector head;
  AddAll(head, {"HTTP/1.1 200 OK\r\n", "\r\n"});
  EXPECT_EQ(head.Add("ETag: \"late\"\r\n"), Progress::kComplete);
  EXPECT_TRUE(head.head().fields.empty());
}

TEST(HeadCollectorTest, StatusLinesAreStrict) {
  for (const char* line : {"", "HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 099 x",
                           "HTTP/1.1 600 x", "HTTP/1.2 200 OK", "HTTP/2 200", "http/1.1 200 OK",
                           "HTTP/1.1  200 OK", "ICY 200 OK", "HTTP/1.1 101 Switching"}) {
    HeadCollector head;
    EXPECT_EQ(AddAll(head, {std::string(line) + "\r\n", "\r\n"}), Progress::kRefused) << line;
    EXPECT_FALSE(head.reason().empty());
  }
}

TEST(HeadCollectorTest, FieldLinesAreStrict) {
  for (const std::string& line :
       {std::string("no colon"), std::string(": value"), std::string("Content-Length : 5"),
        std::string(" folded: 1"), std::string("\tfolded"), std::string("A B: 1"),
        std::string("A: a\rb"), std::string("A: a") + '\0' + "b", std::string("A: \x7f")}) {
    HeadCollector head;
    EXPECT_EQ(AddAll(head, {"HTTP/1.1 200 OK\r\n", line + "\r\n"}), Progress::kRefused) << line;
  }
}

TEST(HeadCollectorTest, HeadersEndAtTheLimit) {
  const std::string status = "HTTP/1.1 200 OK\r\n";
  for (const std::size_t size : {kMaxHeadBytes - 1, kMaxHeadBytes, kMaxHeadBytes + 1}) {
    const std::string name = "A: ";
    const std::size_t fill = size - status.size() - name.size() - 4;
    HeadCollector head;
    const Progress progress =
        AddAll(head, {status, name + std::string(fill, 'x') + "\r\n", "\r\n"});
    EXPECT_EQ(progress, size <= kMaxHeadBytes ? Progress::kComplete : Progress::kRefused) << size;
  }
}

TEST(HeadCollectorTest, InterimRepliesCountForTheLimitToo) {
  HeadCollector head;
  Progress progress = Progress::kMore;
  std::size_t bytes = 0;
  while (progress != Progress::kRefused && bytes < 2 * kMaxHeadBytes) {
    progress = AddAll(head, {"HTTP/1.1 102 x\r\n", "\r\n"});
    bytes += 18;
  }
  EXPECT_EQ(progress, Progress::kRefused);
}

TEST(RedirectOfTest, FiveStatusesWithOneLocationAreRedirects) {
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_THAT(RedirectOf({status, 1, {{"location", "/a"}}, {}}), Optional(std::string("/a")));
  }
  for (const int status : {200, 201, 300, 304, 305, 306, 404}) {
    EXPECT_THAT(RedirectOf({status, 1, {{"Location", "/a"}}, {}}), Eq(std::nullopt));
  }
  EXPECT_THAT(RedirectOf({302, 1, {}, {}}), Eq(std::nullopt));
  EXPECT_THAT(RedirectOf({302, 1, {{"Location", ""}}, {}}), Eq(std::nullopt));
  EXPECT_THAT(RedirectOf({302, 1, {{"Location", "/a"}, {"Location", "/a"}}, {}}), Eq(std::nullopt));
}

}  // namespace
}  // namespace engine::transfer
