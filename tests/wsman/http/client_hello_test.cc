#include "wsman/http/client_hello.h"

#include <gtest/gtest.h>

#include <string>

namespace wsman::http {
namespace {

std::string Record(const std::string& content, char type = 22) {
  return std::string{type, 3, 1, static_cast<char>(content.size() >> 8),
                     static_cast<char>(content.size() & 0xFF)} +
         content;
}

std::string Hello(std::size_t length) {
  return std::string{1, 0, static_cast<char>(length >> 8), static_cast<char>(length & 0xFF)} +
         std::string(length, 'x');
}

// Shorter ones are incomplete, longer ones stay complete.
void ExpectWholeWithItsLastByte(const std::string& bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(HasWholeClientHello(bytes.substr(0, i))) << i;
  }
  EXPECT_TRUE(HasWholeClientHello(bytes));
  EXPECT_TRUE(HasWholeClientHello(bytes + "more"));
}

TEST(ClientHelloTest, ItIsWholeWithItsLastByte) {
  ExpectWholeWithItsLastByte(Record(Hello(0)));
  ExpectWholeWithItsLastByte(Record(Hello(300)));
  ExpectWholeWithItsLastByte(Record(Hello(0x4000 - 4)));
}

TEST(ClientHelloTest, ItMayComeInSeveralRecords) {
  const std::string hello = Hello(300);
  for (const std::size_t first : {1U, 3U, 4U, 5U, 303U}) {
    ExpectWholeWithItsLastByte(Record(hello.substr(0, first)) + Record(hello.substr(first)));
  }
  std::string each;
  for (const char byte : Hello(5)) each += Record(std::string(1, byte));
  ExpectWholeWithItsLastByte(each);
}

TEST(ClientHelloTest, WhatCannotBecomeOneIsNotWaitedFor) {
  EXPECT_TRUE(HasWholeClientHello("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(HasWholeClientHello(Record("x", 23).substr(0, 1)));
  EXPECT_TRUE(HasWholeClientHello(Record("\x02").substr(0, 6))) << "another message";
  EXPECT_TRUE(HasWholeClientHello(Record("")));
  EXPECT_TRUE(HasWholeClientHello(std::string("\x16\x03\x01\x40\x01", 5)));
  EXPECT_FALSE(HasWholeClientHello(std::string("\x16\x03\x01\x40\x00", 5)));
  EXPECT_TRUE(HasWholeClientHello(Record(Hello(300).substr(0, 10)) + "x"));
}

}  // namespace
}  // namespace wsman::http
