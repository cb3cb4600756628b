#include "wsman/auth/kerberos_name.h"

#include <gtest/gtest.h>

namespace wsman::auth {
namespace {

TEST(KerberosNameTest, APrincipalIsKnownByItsWholeName) {
  EXPECT_EQ(NameOfPrincipal("alice@EXAMPLE.COM", ""), "alice@EXAMPLE.COM");
  EXPECT_EQ(NameOfPrincipal("Alice@EXAMPLE.COM", ""), "Alice@EXAMPLE.COM");
  EXPECT_EQ(NameOfPrincipal("host/web@EXAMPLE.COM", ""), "host/web@EXAMPLE.COM");
}

TEST(KerberosNameTest, UsersOfExactlyTheLocalRealmGoWithoutIt) {
  EXPECT_EQ(NameOfPrincipal("alice@EXAMPLE.COM", "EXAMPLE.COM"), "alice");
  EXPECT_EQ(NameOfPrincipal("alice@example.com", "EXAMPLE.COM"), "alice@example.com");
  EXPECT_EQ(NameOfPrincipal("alice@EXAMPLE.COM.EVIL", "EXAMPLE.COM"), "alice@EXAMPLE.COM.EVIL");
  EXPECT_EQ(NameOfPrincipal("alice@SUB.EXAMPLE.COM", "EXAMPLE.COM"), "alice@SUB.EXAMPLE.COM");
}

TEST(KerberosNameTest, ServicesAndMachinesKeepTheRealm) {
  EXPECT_EQ(NameOfPrincipal("host/web@EXAMPLE.COM", "EXAMPLE.COM"), "host/web@EXAMPLE.COM");
  EXPECT_EQ(NameOfPrincipal("alice/admin@EXAMPLE.COM", "EXAMPLE.COM"), "alice/admin@EXAMPLE.COM");
}

TEST(KerberosNameTest, NamesThatCouldPassForOthersAreNobody) {
  for (const char* principal :
       {"", "alice", "alice@", "@EXAMPLE.COM", "alice\\@EVIL@EXAMPLE.COM", "host\\/web@EXAMPLE.COM",
        "al\nice@EXAMPLE.COM", "#alice@EXAMPLE.COM", "\xFF@EXAMPLE.COM",
        "WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS", "WELLKNOWN/FEDERATED@EXAMPLE.COM"}) {
    EXPECT_EQ(NameOfPrincipal(principal, "EXAMPLE.COM"), std::nullopt) << principal;
  }
}

TEST(KerberosNameTest, NamesAreOf256BytesAtMost) {
  const std::string realm = "@EXAMPLE.COM";
  const auto accepted = [&](std::size_t bytes) {
    return NameOfPrincipal(std::string(bytes - realm.size(), 'a') + realm, "").has_value();
  };
  EXPECT_TRUE(accepted(255));
  EXPECT_TRUE(accepted(256));
  EXPECT_FALSE(accepted(257));
}

}  // namespace
}  // namespace wsman::auth
