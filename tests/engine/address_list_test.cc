#include "engine/address_list.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>

#include "engine/options.h"

namespace engine {
namespace {

using ::testing::HasSubstr;

bool Contains(const AddressList& list, const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
    return list.Contains(std::span(bytes).first(4));
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), bytes.data()), 1) << text;
  return list.Contains(bytes);
}

AddressList ListOf(const std::vector<std::string>& networks) {
  return AddressList::Parse(networks).value();
}

TEST(AddressListTest, ANetworkEndsAtItsLastBit) {
  const AddressList list = ListOf({"10.64.0.0/10", "192.0.2.7", "fe80::/10"});
  for (const char* inside : {"10.64.0.0", "10.127.255.255", "192.0.2.7", "fe80::1", "febf:ffff::1"})
    EXPECT_TRUE(Contains(list, inside)) << inside;
  for (const char* outside :
       {"10.63.255.255", "10.128.0.0", "192.0.2.6", "192.0.2.8", "fec0::1", "fe7f:ffff::1", "::"})
    EXPECT_FALSE(Contains(list, outside)) << outside;
}

TEST(AddressListTest, TheEmptyPrefixIsEverythingOfItsKind) {
  EXPECT_TRUE(Contains(ListOf({"0.0.0.0/0"}), "203.0.113.9"));
  EXPECT_FALSE(Contains(ListOf({"0.0.0.0/0"}), "2001:db8::1"));
  EXPECT_TRUE(Contains(ListOf({"::/0"}), "203.0.113.9"));
  EXPECT_FALSE(Contains(AddressList(), "203.0.113.9"));
}

TEST(AddressListTest, AnIpv4AddressIsFoundInEveryFormThatCarriesIt) {
  const AddressList list = ListOf({"169.254.0.0/16"});
  for (const char* form : {"169.254.169.254", "::ffff:169.254.169.254", "::169.254.169.254",
                           "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1"})
    EXPECT_TRUE(Contains(list, form)) << form;
  EXPECT_FALSE(Contains(list, "64:ff9b::192.0.2.1"));
}

TEST(AddressListTest, TheDefaultDeniesMetadataAndNoLoopback) {
  const AddressList list = ListOf(TransferOptions().denied_addresses);
  for (const char* denied : {"169.254.169.254", "fd00:ec2::254", "0.0.0.0", "0.1.2.3", "224.0.0.1",
                             "255.255.255.255", "::", "fe80::1", "ff02::1", "::ffff:0.0.0.0"})
    EXPECT_TRUE(Contains(list, denied)) << denied;
  for (const char* allowed :
       {"127.0.0.1", "10.0.0.1", "192.168.0.1", "203.0.113.9", "2001:db8::1", "::1"})
    EXPECT_FALSE(Contains(list, allowed)) << allowed;
}

TEST(AddressListTest, WhatIsNoNetworkIsRefused) {
  for (const char* text : {"", "/", "10.0.0.0/33", "fe80::/129", "10.0.0/8", "10.0.0.0/", "host",
                           "10.0.0.0/-1", "10.0.0.0/8x", "::1/1/1"}) {
    const auto list = AddressList::Parse({"10.0.0.0/32", "::/128", text});
    ASSERT_FALSE(list) << text;
    EXPECT_THAT(list.error().message, HasSubstr(std::string("'") + text + "' is no network"));
  }
}

}  // namespace
}  // namespace engine
