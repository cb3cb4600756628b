#include "wsman/auth/refusal_log.h"

#include <gmock/gmock.h>

namespace wsman::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::steady_clock::time_point kStart{};

TEST(RefusalLogTest, ASourceIsLoggedOnceAMinute) {
  RefusalLog log;
  const RefusalLog::Refusal refusal{.scheme = "Basic",
                                    .source = "192.0.2.1",
                                    .account = "alice",
                                    .reason = "unknown account or wrong password"};
  const auto text = log.Sentence(refusal, kStart);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("Basic login of \"alice\" from 192.0.2.1 refused: unknown account "
                               "or wrong password"));
  EXPECT_FALSE(log.Sentence(refusal, kStart));
  EXPECT_FALSE(log.Sentence(refusal, kStart + seconds(59)));
  RefusalLog::Refusal other = refusal;
  other.source = "192.0.2.2";
  EXPECT_TRUE(log.Sentence(other, kStart + seconds(59)));
  EXPECT_TRUE(log.Sentence(refusal, kStart + seconds(60) + milliseconds(1)));
}

TEST(RefusalLogTest, AnAccountCannotForgeALine) {
  RefusalLog log;
  const auto text = log.Sentence({.scheme = "Negotiate",
                                  .source = "192.0.2.1",
                                  .account = "a\"\n[info] all is well\r\x1B[2J",
                                  .reason = "x"},
                                 kStart);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr(R"("a\"\n[info] all is well\r\x1b[2J")"));
}

TEST(RefusalLogTest, AnAccountIsWrittenAsUtf8) {
  RefusalLog log;
  const auto text = [&log](std::string_view account) {
    return log
        .Sentence(
            {.scheme = "Basic", .source = std::string(account), .account = account, .reason = "x"},
            kStart)
        .value();
  };
  EXPECT_THAT(text("m\u00fcller"), HasSubstr("\"m\u00fcller\""));
  EXPECT_THAT(text("m\xFCller"), HasSubstr("\"m?ller\""));
  EXPECT_THAT(text("user\xFF"), HasSubstr("\"user?\""));
  // What is cut in the middle of a character.
  EXPECT_THAT(text(std::string(79, 'a') + "\u00fc"), HasSubstr('"' + std::string(79, 'a') + "?\""));
}

TEST(RefusalLogTest, ALongAccountIsCut) {
  RefusalLog log;
  const auto text = [&log](std::size_t size) {
    const std::string account(size, 'a');
    return log
        .Sentence(
            {.scheme = "Basic", .source = std::to_string(size), .account = account, .reason = "x"},
            kStart)
        .value();
  };
  for (const std::size_t size : {79U, 80U}) {
    EXPECT_THAT(text(size), HasSubstr('"' + std::string(size, 'a') + '"'));
  }
  EXPECT_THAT(text(81), HasSubstr('"' + std::string(80, 'a') + '"'));
}

}  // namespace
}  // namespace wsman::auth
