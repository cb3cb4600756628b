#include "engine/transfer/redirect.h"

#include <gmock/gmock.h>

#include "engine/transfer/curl_url.h"

namespace engine::transfer {
namespace {

using ::testing::Optional;

TEST(RedirectTest, OnlyStatusesWithOneLocationAreRedirects) {
  const auto redirect = [](int status, std::vector<HeaderField> fields) {
    return RedirectOf(ReplyHead{status, 1, std::move(fields), std::nullopt});
  };
  for (const int status : {301, 302, 303, 307, 308})
    EXPECT_THAT(redirect(status, {{"Location", "/x"}}), Optional(std::string("/x"))) << status;
  for (const int status : {200, 206, 300, 304, 305, 306})
    EXPECT_EQ(redirect(status, {{"Location", "/x"}}), std::nullopt) << status;
  EXPECT_EQ(redirect(302, {}), std::nullopt);
  EXPECT_EQ(redirect(302, {{"Location", ""}}), std::nullopt);
  EXPECT_EQ(redirect(302, {{"Location", "/x"}, {"Location", "/y"}}), std::nullopt);
}

TEST(RedirectTest, TheMethodChangesWhereHttpSaysSo) {
  EXPECT_EQ(RedirectedMethod(302, "GET"), "GET");
  EXPECT_EQ(RedirectedMethod(302, "POST"), "GET");
  EXPECT_EQ(RedirectedMethod(301, "POST"), "GET");
  EXPECT_EQ(RedirectedMethod(307, "POST"), "POST");
  EXPECT_EQ(RedirectedMethod(308, "POST"), "POST");
  EXPECT_EQ(RedirectedMethod(301, "PUT"), "PUT");
  EXPECT_EQ(RedirectedMethod(303, "PUT"), "GET");
  EXPECT_EQ(RedirectedMethod(303, "HEAD"), "HEAD");
}

TEST(RedirectTest, TheSecurityFlagsSayWhetherToFollowAndWhetherToTell) {
  const RedirectPolicy silent = RedirectPolicyOf(0x1F);
  EXPECT_TRUE(silent.follow);
  EXPECT_FALSE(silent.report);
  EXPECT_FALSE(silent.https_to_http);
  const RedirectPolicy report = RedirectPolicyOf(0x100);
  EXPECT_TRUE(report.follow);
  EXPECT_TRUE(report.report);
  const RedirectPolicy refuse = RedirectPolicyOf(0x200);
  EXPECT_FALSE(refuse.follow);
  EXPECT_TRUE(refuse.report);
  EXPECT_TRUE(RedirectPolicyOf(0x800).https_to_http);
}

TEST(RedirectTest, OnlyWhereItIsAllowedHttpsLeadsToHttp) {
  EXPECT_FALSE(ResolveRedirect("https://a/x", "http://a/y"));
  EXPECT_EQ(ResolveRedirect("https://a/x", "http://a/y", true).value_or(""), "http://a/y");
  EXPECT_EQ(ResolveRedirect("http://a/x", "https://a/y").value_or(""), "https://a/y");
  for (const char* location : {"ftp://a/y", "file:///etc/hostname", "http://u:p@a/y", "http://"})
    EXPECT_FALSE(ResolveRedirect("https://a/x", location, true)) << location;
}

}  // namespace
}  // namespace engine::transfer
