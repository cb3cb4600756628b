#include "engine/transfer/header_lines.h"

#include <gmock/gmock.h>

namespace engine::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> result;
  for (const HeaderLine& line : SplitHeaderLines(text))
    result.push_back(line.name + "|" + line.line.text());
  return result;
}

TEST(HeaderLinesTest, LinesEndWithCrLfAndTheLastOneNeedNot) {
  EXPECT_THAT(LinesOf(""), IsEmpty());
  EXPECT_THAT(LinesOf("X-A: 1\r\n"), ElementsAre("X-A|X-A: 1"));
  EXPECT_THAT(LinesOf("X-A: 1\r\nX-B:\r\nX-C:2"),
              ElementsAre("X-A|X-A: 1", "X-B|X-B:", "X-C|X-C:2"));
}

TEST(HeaderLinesTest, NoLineGoesOnInAnother) {
  EXPECT_THAT(LinesOf("X-A: 1\nX-B: 2\r\nX-C: 3\rX-D: 4\r\n: 5\r\nX-E\r\nX-F: 6\r\n"),
              ElementsAre("X-F|X-F: 6"));
}

}  // namespace
}  // namespace engine::transfer
