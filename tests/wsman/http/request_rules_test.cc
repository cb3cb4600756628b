#include "wsman/http/request_rules.h"

#include <gtest/gtest.h>

namespace wsman::http {
namespace {

RequestHead Good() {
  RequestHead head;
  head.method = "POST";
  head.path = "/wsman";
  head.content_type = "application/soap+xml;charset=UTF-8";
  head.content_length = 10;
  return head;
}

int Refusal(const RequestHead& head) { return RefusalOf(head, {}).value_or(0); }

TEST(RequestRulesTest, SoapPostedToWsmanIsRead) {
  RequestHead head = Good();
  EXPECT_EQ(Refusal(head), 0);
  head.path = "/wsman/";
  EXPECT_EQ(Refusal(head), 0);
  head.content_encoding = "Identity";
  EXPECT_EQ(Refusal(head), 0);
  head.expect = "100-Continue";
  EXPECT_EQ(Refusal(head), 0);
  head.content_length.reset();
  head.chunked = true;
  EXPECT_EQ(Refusal(head), 0);
}

TEST(RequestRulesTest, EverythingElseHasItsStatus) {
  const auto with = [](auto change) {
    RequestHead head = Good();
    change(head);
    return Refusal(head);
  };
  EXPECT_EQ(with([](RequestHead& h) { h.from_browser = true; }), 403);
  EXPECT_EQ(with([](RequestHead& h) { h.method = "GET"; }), 405);
  EXPECT_EQ(with([](RequestHead& h) { h.method = "post"; }), 405);
  EXPECT_EQ(with([](RequestHead& h) { h.path = "/"; }), 404);
  EXPECT_EQ(with([](RequestHead& h) { h.path = "/wsman/x"; }), 404);
  EXPECT_EQ(with([](RequestHead& h) { h.content_type = ""; }), 415);
  EXPECT_EQ(with([](RequestHead& h) { h.content_type = "application/json"; }), 415);
  EXPECT_EQ(with([](RequestHead& h) { h.content_type = "application/soap+xmlx"; }), 415);
  EXPECT_EQ(with([](RequestHead& h) { h.content_encoding = "gzip"; }), 415);
  EXPECT_EQ(with([](RequestHead& h) { h.content_length.reset(); }), 411);
  EXPECT_EQ(with([](RequestHead& h) { h.content_length = 0; }), 400);
  EXPECT_EQ(with([](RequestHead& h) { h.expect = "200-ok"; }), 417);
}

TEST(RequestRulesTest, HostMustBeAnAddressOrOneOfTheNames) {
  const auto with = [](std::string_view host, std::vector<std::string> names) {
    RequestHead head = Good();
    head.host = host;
    ServerLimits limits;
    limits.names = std::move(names);
    head.identify = true;
    const std::optional<int> refusal = RefusalOf(head, limits);
    EXPECT_EQ(AsksAnonymousIdentify(head, limits), !refusal.has_value()) << host;
    return refusal.value_or(0);
  };
  const std::vector<std::string> names = {"bits.example.org", "bits"};
  for (const std::string_view host :
       {"bits.example.org", "BITS.example.ORG:5985", "bits.example.org.:5986", "bits",
        "127.0.0.1:5985", "[::1]:5985", "[fe80::1%25eth0]", "10.0.0.1", ""})
    EXPECT_EQ(with(host, names), 0) << host;
  for (const std::string_view host :
       {"evil.example.com", "bits.example.org.evil.example.com:5985", "bits.example", "xbits",
        "127.0.0.1.evil.example.com", "localhost:5985"}) {
    EXPECT_EQ(with(host, names), 421) << host;
    EXPECT_EQ(with(host, {}), 0) << host;
  }
}

TEST(RequestRulesTest, ThePathsAreThoseOfWindowsInAnyCase) {
  for (const std::string_view path : {"/wsman", "/wsman/", "/WSMan", "/wsman-anon",
                                      "/wsman-anon/identify", "/WSMAN-ANON/Identify"}) {
    RequestHead head = Good();
    head.path = path;
    EXPECT_EQ(Refusal(head), 0) << path;
  }
  for (const std::string_view path : {"/", "", "/wsman//", "/wsman/x", "/wsmanx", "/wsman-anon/",
                                      "/wsman-anon/other", "//wsman", "wsman", "/wsma"}) {
    RequestHead head = Good();
    head.path = path;
    EXPECT_EQ(Refusal(head), 404) << path;
    head.identify = true;
    EXPECT_FALSE(AsksAnonymousIdentify(head, {})) << path;
  }
}

TEST(RequestRulesTest, FourKindsOfXmlAreSoap) {
  for (const std::string_view type :
       {"application/soap+xml", "text/xml ; charset=utf-8", "APPLICATION/XML",
        "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\"",
        "multipart/x-multi-encrypted"}) {
    RequestHead head = Good();
    head.content_type = type;
    EXPECT_EQ(Refusal(head), 0) << type;
  }
}

TEST(RequestRulesTest, ABodyMayBeAsLargeAsItsLimit) {
  RequestHead head = Good();
  for (const auto& [length, status] : {std::pair(511'999, 0), {512'000, 0}, {512'001, 413}}) {
    head.content_length = length;
    EXPECT_EQ(Refusal(head), status) << length;
  }
}

TEST(RequestRulesTest, ASealedBodyMayBeLargerByItsFrame) {
  const ServerLimits limits;
  RequestHead head = Good();
  EXPECT_EQ(LargestBody(head, limits), limits.body_bytes);
  head.content_type = "multipart/encrypted;boundary=\"Encrypted Boundary\"";
  EXPECT_EQ(LargestBody(head, limits), limits.body_bytes + 4 * 1024);
  head.content_length = LargestBody(head, limits);
  EXPECT_EQ(Refusal(head), 0);
  ++*head.content_length;
  EXPECT_EQ(Refusal(head), 413);
}

TEST(RequestRulesTest, AnEmptyPostToWsmanOnlyAuthenticates) {
  RequestHead head = Good();
  EXPECT_FALSE(OnlyAuthenticates(head));
  head.content_length = 0;
  EXPECT_TRUE(OnlyAuthenticates(head));
  head.content_length.reset();
  EXPECT_TRUE(OnlyAuthenticates(head));
  head.chunked = true;
  EXPECT_FALSE(OnlyAuthenticates(head));
  head.chunked = false;
  head.from_browser = true;
  EXPECT_FALSE(OnlyAuthenticates(head));
  head.from_browser = false;
  head.path = "/other";
  EXPECT_FALSE(OnlyAuthenticates(head));
  head.path = "/wsman/";
  head.method = "GET";
  EXPECT_FALSE(OnlyAuthenticates(head));
}

TEST(RequestRulesTest, StrangersAreHeardWithASmallIdentifyOnly) {
  const auto asks = [](auto change) {
    RequestHead head = Good();
    head.identify = true;
    change(head);
    return AsksAnonymousIdentify(head, {});
  };
  EXPECT_TRUE(asks([](RequestHead&) {}));
  EXPECT_FALSE(asks([](RequestHead& h) { h.identify = false; }));
  EXPECT_TRUE(asks([](RequestHead& h) { h.identify = false, h.path = "/wsman-anon"; }));
  EXPECT_TRUE(asks([](RequestHead& h) { h.path = "/wsman-anon/identify"; }));
  EXPECT_TRUE(asks([](RequestHead& h) { h.path = "/WSMan"; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.identify = false, h.path = "/WSMan"; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.path = "/wsman-anon/"; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.authorization_present = true; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.method = "GET"; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.from_browser = true; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.content_type = "text/plain"; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.content_encoding = "gzip"; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.expect = "100-continue"; }));
  EXPECT_TRUE(asks([](RequestHead& h) { h.content_length = 4'095; }));
  EXPECT_TRUE(asks([](RequestHead& h) { h.content_length = 4'096; }));
  EXPECT_FALSE(asks([](RequestHead& h) { h.content_length = 4'097; }));
}

}  // namespace
}  // namespace wsman::http
