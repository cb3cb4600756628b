#include "wsman/client/url.h"

#include <gtest/gtest.h>

namespace wsman::client {
namespace {

TEST(UrlTest, MissingPartsTakeTheirDefaults) {
  const auto http = ParseUrl("http://host");
  ASSERT_TRUE(http);
  EXPECT_FALSE(http->tls);
  EXPECT_EQ(http->port, "5985");
  EXPECT_EQ(http->target, "/wsman");
  const auto https = ParseUrl("HTTPS://host/?x=1");
  ASSERT_TRUE(https);
  EXPECT_TRUE(https->tls);
  EXPECT_EQ(https->port, "5986");
  EXPECT_EQ(https->target, "/?x=1");
}

TEST(UrlTest, AnIpv6AddressStandsInBrackets) {
  const auto url = ParseUrl("http://[::1]:8080/other");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(Authority(*url), "[::1]:8080");
  EXPECT_EQ(url->target, "/other");
}

TEST(UrlTest, WhatIsNotAUrlIsRefused) {
  for (const char* text :
       {"", "host", "ftp://host", "http://", "http://:1", "http://host:0", "http://host:65536",
        "http://host:", "http://host:1x", "http://[::1", "http://user:pw@host", "http://host/a b",
        "http://host/#x", "http://host\r\n/"}) {
    EXPECT_FALSE(ParseUrl(text)) << text;
  }
  EXPECT_TRUE(ParseUrl("http://host:65535"));
  EXPECT_TRUE(ParseUrl("http://host:1"));
}

TEST(UrlTest, LoopbackIsKnownByItsText) {
  for (const char* text :
       {"http://localhost", "http://LOCALHOST", "http://127.1.2.3", "http://[::1]"}) {
    EXPECT_TRUE(IsLoopback(*ParseUrl(text))) << text;
  }
  for (const char* text : {"http://localhost.example", "http://192.0.2.1", "http://[2001:db8::1]",
                           "http://127.example"}) {
    EXPECT_FALSE(IsLoopback(*ParseUrl(text))) << text;
  }
}

}  // namespace
}  // namespace wsman::client
