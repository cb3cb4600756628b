#include "provider/roles.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/principal_for_test.h"

namespace provider {
namespace {

using testing::Optional;
using wsman::Operation;
using wsman::auth::Principal;
using wsman::auth::PrincipalForTest;

constexpr auto kAll = {Operation::kIdentify,  Operation::kGet,         Operation::kPut,
                       Operation::kDelete,    Operation::kCreate,      Operation::kEnumerate,
                       Operation::kPull,      Operation::kRelease,     Operation::kInvoke,
                       Operation::kSubscribe, Operation::kUnsubscribe, Operation::kRenew,
                       Operation::kGetStatus};
constexpr auto kReading = {Operation::kIdentify,    Operation::kGet,     Operation::kEnumerate,
                           Operation::kPull,        Operation::kRelease, Operation::kSubscribe,
                           Operation::kUnsubscribe, Operation::kRenew,   Operation::kGetStatus};

Roles ThreeRoles() {
  return Roles({.administrators = {*ParseRoleEntry("user:alice"), *ParseRoleEntry("group:wheel")},
                .operators = {*ParseRoleEntry("group:staff")},
                .viewers = {*ParseRoleEntry("user:bob"), *ParseRoleEntry("certificate:carol")}});
}

TEST(RolesTest, AdministratorsAndOperatorsMayDoEverything) {
  const Roles roles = ThreeRoles();
  for (const Operation operation : kAll) {
    EXPECT_TRUE(roles.Allows(PrincipalForTest::Make("alice"), operation));
    EXPECT_TRUE(roles.Allows(PrincipalForTest::Make("dora", {"staff"}), operation));
  }
}

TEST(RolesTest, ViewersMayOnlyRead) {
  const Roles roles = ThreeRoles();
  for (const Operation operation : kAll) {
    const bool reads = std::ranges::find(kReading, operation) != kReading.end();
    EXPECT_EQ(roles.Allows(PrincipalForTest::Make("bob"), operation), reads);
  }
}

TEST(RolesTest, CallersWithoutARoleMayDoNothing) {
  const Roles roles = ThreeRoles();
  for (const Operation operation : kAll) {
    EXPECT_FALSE(roles.Allows(PrincipalForTest::Make("mallory", {"guests"}), operation));
    EXPECT_FALSE(Roles(RoleEntries{}).Allows(PrincipalForTest::Make("alice"), operation));
  }
}

TEST(RolesTest, RootAndTheServiceItselfAreAdministratorsOnThisMachineOnly) {
  const Roles nobody{RoleEntries{}};
  EXPECT_THAT(nobody.RoleOf(PrincipalForTest::MakeLocalOwner("root")),
              Optional(Role::kAdministrator));
  EXPECT_FALSE(nobody.RoleOf(PrincipalForTest::Make("root")));
  EXPECT_FALSE(nobody.RoleOf(PrincipalForTest::MakeLocal("root")));
}

TEST(RolesTest, OtherLocalCallersHaveTheRolesOfTheirNameAndGroups) {
  const Roles roles = ThreeRoles();
  EXPECT_THAT(roles.RoleOf(PrincipalForTest::MakeLocal("alice")), Optional(Role::kAdministrator));
  EXPECT_THAT(roles.RoleOf(PrincipalForTest::MakeLocal("dora", {"staff"})),
              Optional(Role::kOperator));
  EXPECT_FALSE(roles.RoleOf(PrincipalForTest::MakeLocal("carol"))) << "not by certificate";
  EXPECT_FALSE(roles.RoleOf(PrincipalForTest::MakeLocal("mallory", {"guests"})));
}

TEST(RolesTest, TheStrongestOfSeveralRolesCounts) {
  EXPECT_THAT(ThreeRoles().RoleOf(PrincipalForTest::Make("bob", {"staff", "wheel"})),
              Optional(Role::kAdministrator));
  EXPECT_THAT(ThreeRoles().RoleOf(PrincipalForTest::Make("bob", {"staff"})),
              Optional(Role::kOperator));
}

TEST(RolesTest, AGroupIsNotAUserAndNamesCompareExactly) {
  const Roles roles = ThreeRoles();
  EXPECT_EQ(roles.RoleOf(PrincipalForTest::Make("staff")), std::nullopt);
  EXPECT_EQ(roles.RoleOf(PrincipalForTest::Make("x", {"alice"})), std::nullopt);
  EXPECT_EQ(roles.RoleOf(PrincipalForTest::Make("Alice")), std::nullopt);
}

TEST(RolesTest, ACertificateEntryNamesItsUserOnlyWhileKnownByACertificate) {
  const Roles roles = ThreeRoles();
  EXPECT_EQ(roles.RoleOf(PrincipalForTest::Make("carol")), std::nullopt);
  EXPECT_THAT(roles.RoleOf(PrincipalForTest::MakeByCertificate("carol")), Optional(Role::kViewer));
  EXPECT_EQ(roles.RoleOf(PrincipalForTest::MakeByCertificate("dora")), std::nullopt);
}

TEST(RolesTest, UserAndGroupEntriesDoNotAskHowACallerWasVerified) {
  const Roles roles = ThreeRoles();
  EXPECT_THAT(roles.RoleOf(PrincipalForTest::MakeByCertificate("alice")),
              Optional(Role::kAdministrator));
  EXPECT_THAT(roles.RoleOf(PrincipalForTest::MakeByCertificate("dora", {"staff"})),
              Optional(Role::kOperator));
}

TEST(RoleEntryTest, NeedsAKnownPrefixAndAName) {
  EXPECT_EQ(ParseRoleEntry("user:a:b")->name, "a:b");
  EXPECT_EQ(ParseRoleEntry("group:staff")->kind, RoleEntry::Kind::kGroup);
  for (const char* text : {"", "alice", "user:", "User:alice", "role:alice"}) {
    EXPECT_FALSE(ParseRoleEntry(text)) << text;
  }
  EXPECT_EQ(ParseRoleEntry("alice").error(),
            "\"alice\" names nobody; write user:NAME, group:NAME or certificate:NAME");
}

}  // namespace
}  // namespace provider
