#include "engine/remote_url.h"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/text.h"

namespace engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using std::string_view_literals::operator""sv;

// "" for an accepted name, else the refusal.
std::string Check(std::string_view url, const LimitOptions& limits = {}) {
  const Status status = CheckRemoteUrl(url, limits);
  if (status) return "";
  EXPECT_EQ(status.error().code, HResult::kInvalidArgument);
  return status.error().message;
}

struct Accepted {
  std::string_view url;
  std::string_view host;
};

constexpr auto kAccepted = std::to_array<Accepted>({
    {"http://example.com/file", "example.com:80"},
    {"https://example.com/file", "example.com:443"},
    {"HTTP://EXAMPLE.com/File", "example.com:80"},
    {"hTTpS://h/", "h:443"},
    {"http://example.com", "example.com:80"},
    {"http://example.com?query", "example.com:80"},
    {"http://example.com:8080/x", "example.com:8080"},
    {"http://example.com:1/x", "example.com:1"},
    {"http://example.com:65535/x", "example.com:65535"},
    {"https://example.com:80/x", "example.com:80"},
    {"http://example.com./x", "example.com:80"},
    {"http://127.0.0.1/x", "127.0.0.1:80"},
    {"http://127.0.0.1:40001/x", "127.0.0.1:40001"},
    {"http://255.255.255.255/", "255.255.255.255:80"},
    {"http://[::1]/x", "[::1]:80"},
    {"http://[::1]:8080/x", "[::1]:8080"},
    {"https://[2001:DB8::1]/x", "[2001:db8::1]:443"},
    {"http://[::ffff:192.0.2.1]/x", "[::ffff:192.0.2.1]:80"},
    {"http://a_b.example/x", "a_b.example:80"},
    {"http://xn--bcher-kva.example/x", "xn--bcher-kva.example:80"},
    {"http://1.example/x", "1.example:80"},
    {"http://0x7f.example/x", "0x7f.example:80"},
    {"http://localhost/a%20b", "localhost:80"},
    {"http://localhost/%2e%2e/%00%FF", "localhost:80"},
    {"http://localhost/../../x", "localhost:80"},
    {"http://localhost//x//y", "localhost:80"},
    {"http://localhost/a@b:c;d=e,f$g!h'i(j)k*l+m~n&o", "localhost:80"},
    {"http://localhost/x?a=b&c=d/e?f:@g", "localhost:80"},
    {"http://localhost/?u=http://user@other/", "localhost:80"},
    {"http://localhost/*", "localhost:80"},
});

TEST(RemoteUrlTest, HttpAndHttpsUrlsAreAccepted) {
  for (const auto& [url, host] : kAccepted) {
    EXPECT_EQ(Check(url), "") << url;
    EXPECT_EQ(HostOf(url), host);
  }
}

struct Refused {
  std::string_view url;
  std::string_view reason;
};

constexpr std::string_view kOnly = "only http and https are supported";
constexpr std::string_view kNoScheme = "has no scheme";
constexpr std::string_view kSlashes = "has no \"//\"";
constexpr std::string_view kNoHost = "has no host";
constexpr std::string_view kUser = "has a user name or password";
constexpr std::string_view kHost = "letters, digits, dots and hyphens only";
constexpr std::string_view kIpv4 = "four decimal numbers";
constexpr std::string_view kIpv6 = "is not an IPv6 address";
constexpr std::string_view kPort = "a number from 1 to 65535";
constexpr std::string_view kControl = "has the control character";
constexpr std::string_view kPercent = "two hexadecimal digits";
constexpr std::string_view kCharacter = "has the character";
constexpr std::string_view kAscii = "outside ASCII";
constexpr std::string_view kShare = "SMB is not supported";
constexpr std::string_view kLabel = "with an empty part";

constexpr auto kRefused = std::to_array<Refused>({
    {"", "is empty"},
    {"example.com/file", kNoScheme},
    {"/file", kNoScheme},
    {"file", kNoScheme},
    {" http://h/", kNoScheme},
    {"\thttp://h/", kNoScheme},
    {"1http://h/", kNoScheme},
    {"ht tp://h/", kNoScheme},
    {"://h/", kNoScheme},
    {":", kNoScheme},
    {"\0http://h/"sv, kNoScheme},
    {"localhost:8080/x", "has the scheme \"localhost\""},
    {"ftp://h/x", kOnly},
    {"ftps://h/x", kOnly},
    {"gopher://h/x", kOnly},
    {"scp://h/x", kOnly},
    {"sftp://h/x", kOnly},
    {"dict://h/x", kOnly},
    {"ldap://h/x", kOnly},
    {"smb://h/x", kOnly},
    {"telnet://h/x", kOnly},
    {"ws://h/x", kOnly},
    {"httpx://h/x", kOnly},
    {"http+unix://h/x", kOnly},
    {"javascript:alert(1)", kOnly},
    {"data:text/plain,x", kOnly},
    {"file:///etc/hostname", "begins with file:"},
    {"FILE:///C:/x", "begins with file:"},
    {"file://server/share", "begins with file:"},
    {"\\\\server\\share\\x", kShare},
    {"//server/share/x", kShare},
    {"C:\\file", "is a local path"},
    {"c:/file", "is a local path"},
    {"http:/127.0.0.1/x", kSlashes},
    {"http:127.0.0.1", kSlashes},
    {"http:", kSlashes},
    {"https:x", kSlashes},
    {"http:\\\\h\\x", kSlashes},
    {"http://", kNoHost},
    {"http:///x", kNoHost},
    {"http://?x", kNoHost},
    {"http://:80/x", kNoHost},
    {"http://user@h/x", kUser},
    {"http://user:secret@h/x", kUser},
    {"http://@h/x", kUser},
    {"http://:@h/x", kUser},
    {"http://good.example@evil.example/x", kUser},
    {"http://a%40b@h/x", kUser},
    {"http://h@/x", kUser},
    {"http://h\\@evil/x", "has a backslash"},
    {"http://h/a\\b", "has a backslash"},
    {"http://h/x#fragment", "has a fragment"},
    {"http://h#@evil/", "has a fragment"},
    {"http://h/#", "has a fragment"},
    {"http://h/a b", "has a blank"},
    {"http://h /x", "has a blank"},
    {"http://h/x ", "has a blank"},
    {"http://h/a\r\nHost: x", kControl},
    {"http://h/a\nb", kControl},
    {"http://h/a\tb", kControl},
    {"http://h/a\0b"sv, kControl},
    {"http://h/a\x7F", kControl},
    {"http://h\r\n/x", kControl},
    {"http://b\u00FCcher.example/x", kAscii},
    {"http://ex\u0430mple.com/x", kAscii},
    {"http://h/\u00FC", kAscii},
    {"http://h/\xFF", kAscii},
    {"http://*.example.com/x", "has a wildcard"},
    {"http://*/x", "has a wildcard"},
    {"http://ex%61mple.com/x", kHost},
    {"http://h%00.example/x", kHost},
    {"http://a,b/x", kHost},
    {"http://a;b/x", kHost},
    {"http://a!b/x", kHost},
    {"http://a]/x", kHost},
    {"http://a$b/x", kHost},
    {"http://./x", kLabel},
    {"http://a..b/x", kLabel},
    {"http://.a/x", kLabel},
    {"http://a../x", kLabel},
    {"http://127.1/x", kIpv4},
    {"http://2130706433/x", kIpv4},
    {"http://0x7f000001/x", kIpv4},
    {"http://0X7F.0.0.1/x", kIpv4},
    {"http://0177.0.0.1/x", kIpv4},
    {"http://127.0.0.0x1/x", kIpv4},
    {"http://256.0.0.1/x", kIpv4},
    {"http://1.2.3.4.5/x", kIpv4},
    {"http://foo.0x/x", kIpv4},
    {"http://[::1/x", kIpv6},
    {"http://[]/x", kIpv6},
    {"http://[::1%25eth0]/x", kIpv6},
    {"http://[fe80::1%eth0]/x", kIpv6},
    {"http://[1.2.3.4]/x", kIpv6},
    {"http://[::1]x/x", kIpv6},
    {"http://[v1.x]/x", kIpv6},
    {"http://[:::1]/x", kIpv6},
    {"http://[12345::]/x", kIpv6},
    {"http://::1/x", kNoHost},
    {"http://h:/x", kPort},
    {"http://h:0/x", kPort},
    {"http://h:65536/x", kPort},
    {"http://h:99999999999999999999/x", kPort},
    {"http://h:-1/x", kPort},
    {"http://h:+80/x", kPort},
    {"http://h:080/x", kPort},
    {"http://h:8o/x", kPort},
    {"http://h:80:90/x", kPort},
    {"http://h:0x50/x", kPort},
    {"http://[::1]:/x", kPort},
    {"http://h/%", kPercent},
    {"http://h/%1", kPercent},
    {"http://h/%zz", kPercent},
    {"http://h/%1g", kPercent},
    {"http://h/?%", kPercent},
    {"http://h/<x>", kCharacter},
    {"http://h/\"x\"", kCharacter},
    {"http://h/{x}", kCharacter},
    {"http://h/a|b", kCharacter},
    {"http://h/a^b", kCharacter},
    {"http://h/a`b", kCharacter},
    {"http://h/a[1]", kCharacter},
});
static_assert(kAccepted.size() + kRefused.size() >= 80);

TEST(RemoteUrlTest, EverythingElseIsRefusedWithAReason) {
  for (const auto& [url, reason] : kRefused) {
    EXPECT_THAT(Check(url), HasSubstr(std::string(reason))) << Quoted(url);
  }
}

TEST(RemoteUrlTest, RefusalsCarryNoControlCharactersAndNoPassword) {
  for (const auto& refused : kRefused) {
    const std::string message = Check(refused.url);
    EXPECT_THAT(message, Not(HasSubstr("secret")));
    for (const char c : message) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << message;
  }
}

TEST(RemoteUrlTest, UrlsHaveAtMost2200Characters) {
  const auto url = [](std::size_t length) {
    std::string text = "http://h";
    while (text.size() + 101 < length) text += "/" + std::string(100, 'x');
    return text + "/" + std::string(length - text.size() - 1, 'y');
  };
  EXPECT_EQ(Check(url(2'199)), "");
  EXPECT_EQ(Check(url(2'200)), "");
  EXPECT_THAT(Check(url(2'201)), HasSubstr("has 2201 characters; at most 2200 are allowed"));
}

TEST(RemoteUrlTest, SegmentsHaveAtMost260Characters) {
  const auto url = [](std::size_t length) { return "http://h/a/" + std::string(length, 'x'); };
  EXPECT_EQ(Check(url(259)), "");
  EXPECT_EQ(Check(url(260) + "/" + std::string(260, 'y')), "");
  EXPECT_THAT(Check(url(261)), HasSubstr("more than 260 characters between two slashes"));
  EXPECT_THAT(Check(url(261) + "/y"), HasSubstr("more than 260 characters between two slashes"));
  EXPECT_EQ(Check("http://h/x?" + std::string(1'000, 'q')), "");
}

TEST(RemoteUrlTest, HostsHaveLabelsOfAtMost63And253CharactersInAll) {
  const auto label = [](std::size_t length) { return std::string(length, 'a'); };
  EXPECT_EQ(Check("http://" + label(62) + "/"), "");
  EXPECT_EQ(Check("http://" + label(63) + "/"), "");
  EXPECT_THAT(Check("http://" + label(64) + "/"), HasSubstr("more than 63 characters"));
  const std::string three = label(63) + "." + label(63) + "." + label(63) + ".";
  EXPECT_EQ(Check("http://" + three + label(60) + "/"), "");
  EXPECT_EQ(Check("http://" + three + label(61) + "/"), "");
  EXPECT_THAT(Check("http://" + three + label(62) + "/"), HasSubstr("more than 253 characters"));
}

TEST(RemoteUrlTest, LoopbackIsTheNamesAndAddressesOfThisMachineItself) {
  for (const auto* const url :
       {"http://localhost/", "https://LOCALHOST:8443/x", "http://a.localhost./",
        "http://127.0.0.1/", "http://127.255.255.254:80/", "http://[::1]:8080/"})
    EXPECT_TRUE(IsLoopback(url)) << url;
  for (const auto* const url :
       {"http://localhost.example/", "http://notlocalhost/", "http://128.0.0.1/", "http://[::2]/",
        "http://127.example/", "http://10.0.0.1/?localhost"})
    EXPECT_FALSE(IsLoopback(url)) << url;
}

}  // namespace
}  // namespace engine
