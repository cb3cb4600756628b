#include "engine/proxy_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> For(std::string_view url, std::string_view list,
                             std::string_view bypass = "") {
  const auto rules = ProxyRules::Parse(list, bypass);
  if (!rules) return {"error: " + rules.error().message};
  return rules->For(url);
}

TEST(ProxyListTest, AnEmptyListIsNoProxy) {
  EXPECT_THAT(For("http://h/f", ""), IsEmpty());
  EXPECT_THAT(For("http://h/f", " ; "), IsEmpty());
}

TEST(ProxyListTest, EntriesKeepTheirOrderAndGetTheirDefaultPort) {
  EXPECT_THAT(For("http://h/f", "One two:8080;https://three https://four:1 http://[::1]:3/"),
              ElementsAre("http://one:80", "http://two:8080", "https://three:443", "https://four:1",
                          "http://[::1]:3"));
}

TEST(ProxyListTest, EntriesForOneSchemeServeItAlone) {
  const std::string_view list = "http=a https=http://b:8 HTTPS=c d";
  EXPECT_THAT(For("http://h/f", list), ElementsAre("http://a:80", "http://d:80"));
  EXPECT_THAT(For("https://h/f", list), ElementsAre("http://b:8", "http://c:80", "http://d:80"));
  EXPECT_THAT(For("https://h/f", "http=a"), IsEmpty());
}

TEST(ProxyListTest, EntriesThatMakeNoSenseAreNamed) {
  for (const char* entry : {"a:0", "a:65536", "a:x", "socks=a", "ftp://a", "a/b", "u@a", ":80",
                            "http=", "a=b", "[::1", "\xC3\xA4"}) {
    const auto rules = ProxyRules::Parse(std::string("good ") + entry, "");
    ASSERT_FALSE(rules) << entry;
    EXPECT_EQ(rules.error().code, HResult::kInvalidProxyInfo);
    EXPECT_THAT(rules.error().message, HasSubstr("The proxy"));
  }
  for (const char* entry : {"a*", "*a*", "a:0", "http://a", "<loc>", "a/b"}) {
    const auto rules = ProxyRules::Parse("good", entry);
    ASSERT_FALSE(rules) << entry;
    EXPECT_THAT(rules.error().message, HasSubstr("The host without proxy"));
  }
}

TEST(ProxyListTest, BypassedHostsAreReachedDirectly) {
  const auto direct = [](std::string_view url, std::string_view bypass) {
    return For(url, "proxy", bypass).empty();
  };
  EXPECT_TRUE(direct("http://Host.Example/f", "other HOST.example"));
  EXPECT_FALSE(direct("http://www.host.example/f", "host.example"));
  EXPECT_TRUE(direct("http://www.host.example/f", "*.host.example"));
  EXPECT_FALSE(direct("http://host.example/f", "*.host.example"));
  EXPECT_TRUE(direct("http://myhost/f", "*host"));
  EXPECT_TRUE(direct("http://anything.at.all/f", "*"));
  EXPECT_TRUE(direct("http://h:8080/f", "h:8080"));
  EXPECT_FALSE(direct("http://h/f", "h:8080"));
  EXPECT_TRUE(direct("https://h/f", "h:443"));
  EXPECT_TRUE(direct("http://[::1]/f", "[::1]"));
}

TEST(ProxyListTest, LocalMeansNamesWithoutADot) {
  EXPECT_THAT(For("http://intranet:81/f", "proxy", "<local>"), IsEmpty());
  EXPECT_THAT(For("http://a.b/f", "proxy", "<LOCAL>"), ElementsAre("http://proxy:80"));
  EXPECT_THAT(For("http://127.0.0.1/f", "proxy", "<local>"), ElementsAre("http://proxy:80"));
  EXPECT_THAT(For("http://[::1]/f", "proxy", "<local>"), ElementsAre("http://proxy:80"));
}

TEST(ProxyListTest, OriginsAreSchemeHostAndPort) {
  EXPECT_EQ(OriginOf("http://Host/a"), OriginOf("http://host:80/b?c"));
  EXPECT_NE(OriginOf("http://host/"), OriginOf("https://host/"));
  EXPECT_NE(OriginOf("http://host:80/"), OriginOf("https://host:80/"));
  EXPECT_NE(OriginOf("http://host/"), OriginOf("http://host:81/"));
  EXPECT_NE(OriginOf("http://host/"), OriginOf("http://host.evil/"));
}

}  // namespace
}  // namespace engine
