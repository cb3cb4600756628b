#include "wsman/auth/system_groups.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <semaphore>

#include "wsman/auth/authenticator.h"
#include "wsman/auth/secret_files_fixture.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using Groups = SystemGroups::Groups;

std::optional<Groups> Ask(SystemGroups& groups, const std::string& name) {
  std::promise<std::optional<Groups>> answer;
  groups.Find(name, [&answer](std::optional<Groups> found) { answer.set_value(std::move(found)); });
  return answer.get_future().get();
}

TEST(SystemAccountsTest, RootHasItsGroup) {
  const auto root = FindSystemAccount("root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->user_id, 0U);
  EXPECT_THAT(SystemGroupsOf("root"), Contains("root"));
}

TEST(SystemAccountsTest, ANameThatIsNoAccountHasNoGroups) {
  EXPECT_FALSE(FindSystemAccount("no such account"));
  EXPECT_THAT(SystemGroupsOf("no such account"), IsEmpty());
  EXPECT_THAT(SystemGroupsOf(""), IsEmpty());
}

TEST(SystemGroupsTest, WhatWasFoundIsKnownForAMinute) {
  std::atomic<int> lookups = 0;
  SystemGroups groups(
      [&lookups](const std::string& name) {
        ++lookups;
        return Groups{"of-" + name};
      },
      {});
  const auto now = SystemGroups::Clock::now();
  EXPECT_FALSE(groups.Known("alice", now));
  EXPECT_THAT(Ask(groups, "alice"), Optional(ElementsAre("of-alice")));
  EXPECT_THAT(groups.Known("alice", now), Optional(ElementsAre("of-alice")));
  EXPECT_FALSE(groups.Known("Alice", now));
  EXPECT_TRUE(groups.Known("alice", now + std::chrono::seconds(59)));
  EXPECT_FALSE(groups.Known("alice", SystemGroups::Clock::now() + std::chrono::seconds(60)));
  EXPECT_EQ(lookups, 1);
}

TEST(SystemGroupsTest, ALookupThatBlocksIsSharedAndOthersWaitInABoundedQueue) {
  std::binary_semaphore release(0);
  std::binary_semaphore running(0);
  std::atomic<int> lookups = 0;
  SystemGroups groups(
      [&](const std::string&) {
        if (lookups++ == 0) {
          running.release();
          release.acquire();
        }
        return Groups{"g"};
      },
      {.waiting = 2, .names = 10});
  std::promise<void> answered;
  std::atomic<int> found = 0;
  const auto count = [&](const std::optional<Groups>& names) {
    if (names && ++found == 4) answered.set_value();
  };
  groups.Find("alice", count);
  running.acquire();
  groups.Find("alice", count);
  groups.Find("alice", count);
  groups.Find("bob", count);
  EXPECT_EQ(Ask(groups, "carol"), std::nullopt) << "two names wait already";
  release.release();
  answered.get_future().get();
  EXPECT_EQ(lookups, 2);
}

TEST(SystemGroupsTest, EveryQuestionIsAnsweredWhenItEnds) {
  std::atomic<int> answers = 0;
  {
    SystemGroups groups([](const std::string&) { return Groups{}; }, {});
    for (int i = 0; i < 50; ++i) {
      groups.Find(std::to_string(i), [&answers](const std::optional<Groups>&) { ++answers; });
    }
  }
  EXPECT_EQ(answers, 50);
}

TEST(SystemGroupsTest, NoMoreNamesAreRememberedThanAllowed) {
  SystemGroups groups([](const std::string&) { return Groups{"g"}; }, {.waiting = 4, .names = 2});
  for (const char* name : {"a", "b"}) Ask(groups, name);
  EXPECT_TRUE(groups.Known("a", SystemGroups::Clock::now()));
  Ask(groups, "c");
  EXPECT_TRUE(groups.Known("c", SystemGroups::Clock::now()));
  EXPECT_FALSE(groups.Known("a", SystemGroups::Clock::now()));
}

class CallersGroupsTest : public SecretFilesTest {};

TEST_F(CallersGroupsTest, ACallerHasTheGroupsOfTheFileAndOfTheSystem) {
  Write("alice:" + HashPassword("secret") + ":ops\n");
  Authenticator authenticator(
      {}, {.verifier = *PasswordVerifier::Start(users_),
           .system_groups = std::make_unique<SystemGroups>(
               [](const std::string&) { return Groups{"wheel"}; }, SystemGroups::Limits{})});
  std::promise<std::optional<Principal>> verified;
  authenticator.Authenticate({.source = "192.0.2.1", .encrypted = true},
                             "Basic YWxpY2U6c2VjcmV0",  // alice:secret
                             [&verified](auto found) { verified.set_value(std::move(found)); });
  const auto alice = verified.get_future().get();
  ASSERT_TRUE(alice);
  EXPECT_THAT(alice->groups(), ElementsAre("ops"));
  EXPECT_FALSE(authenticator.WithKnownGroups(*alice));
  std::promise<std::optional<Principal>> complete;
  authenticator.FindGroups(*alice,
                           [&complete](auto found) { complete.set_value(std::move(found)); });
  EXPECT_THAT(complete.get_future().get()->groups(), ElementsAre("ops", "wheel"));
  EXPECT_THAT(authenticator.WithKnownGroups(*alice)->groups(), ElementsAre("ops", "wheel"));
  const Authenticator without({}, {.verifier = *PasswordVerifier::Start(users_)});
  EXPECT_THAT(without.WithKnownGroups(*alice)->groups(), ElementsAre("ops"));
}

}  // namespace
}  // namespace wsman::auth
