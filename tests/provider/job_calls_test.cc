#include "provider/job_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/principal_for_test.h"

namespace provider {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using wsman::auth::PeerCredentials;
using wsman::auth::PeerCredentialsForTest;
using wsman::auth::PrincipalForTest;

const Roles kRoles{{.administrators = {*ParseRoleEntry("user:root")},
                    .operators = {*ParseRoleEntry("user:alice")},
                    .viewers = {}}};

engine::Actor LocalActor(const std::string& name, PeerCredentials peer) {
  return ActorFor({PrincipalForTest::MakeLocal(name, std::move(peer))}, kRoles);
}

TEST(JobCallsTest, OnlyAdministratorsAreExemptFromLimits) {
  EXPECT_TRUE(ActorFor({PrincipalForTest::Make("root")}, kRoles).exempt_from_limits);
  EXPECT_FALSE(ActorFor({PrincipalForTest::Make("alice")}, kRoles).exempt_from_limits);
}

TEST(JobCallsTest, LocalCallersUploadWithTheirOwnRightsAndOthersWithThoseOfTheService) {
  const auto peer = PeerCredentialsForTest::Make(1000, std::vector<gid_t>{1000, 27});
  const engine::Actor alice = LocalActor("alice", peer);
  ASSERT_TRUE(alice.reader);
  EXPECT_EQ(alice.reader->user, 1000u);
  EXPECT_THAT(alice.reader->groups, ElementsAre(1000u, 27u));
  EXPECT_FALSE(LocalActor("root", peer).reader);
  EXPECT_FALSE(ActorFor({PrincipalForTest::Make("alice")}, kRoles).reader);
}

TEST(JobCallsTest, NumbersThatMayBeAnybodysOpenNoFile) {
  const engine::Actor stranger = LocalActor(
      "alice", PeerCredentialsForTest::Make(wsman::auth::kUnknownUser,
                                            std::vector<gid_t>{wsman::auth::kUnknownGroup}));
  ASSERT_TRUE(stranger.reader);
  EXPECT_EQ(stranger.reader->user, 0xFFFFFFFFu);
  EXPECT_THAT(stranger.reader->groups, IsEmpty());
  EXPECT_THAT(LocalActor("alice", PeerCredentialsForTest::Make(1, std::nullopt)).reader->groups,
              IsEmpty());
}

}  // namespace
}  // namespace provider
