#include "wsman/auth/local_accounts.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>

#include "tests/support/principal_for_test.h"
#include "wsman/auth/authenticator.h"
#include "wsman/auth/secret_files_fixture.h"
#include "wsman/auth/system_accounts.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uid_t kNoSuchUser = 4'000'000'000;

PeerCredentials Peer(uid_t user, std::optional<std::vector<gid_t>> groups = std::nullopt) {
  return PeerCredentialsForTest::Make(user, std::move(groups));
}

TEST(PeerCredentialsTest, AUnixSocketTellsWhoConnected) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const auto peer = PeerCredentials::Of(ends[0]);
  for (const int end : ends) ::close(end);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->user(), ::geteuid());
  EXPECT_TRUE(peer->IsOwner());
  ASSERT_TRUE(peer->groups());
  EXPECT_EQ(peer->groups()->front(), ::getegid());
}

TEST(PeerCredentialsTest, AnythingElseTellsNothing) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listening, raw, size), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  ASSERT_EQ(::getsockname(listening, raw, &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(client, raw, size), 0);
  const int accepted = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  EXPECT_FALSE(PeerCredentials::Of(accepted)) << "a connection of this very process over TCP";
  EXPECT_FALSE(PeerCredentials::Of(client));
  EXPECT_FALSE(PeerCredentials::Of(STDIN_FILENO));
  EXPECT_FALSE(PeerCredentials::Of(-1));
  for (const int descriptor : {listening, client, accepted}) ::close(descriptor);
}

TEST(PeerCredentialsTest, RootAndThisAccountAreOwnersAndNobodyElse) {
  EXPECT_TRUE(Peer(0).IsOwner());
  EXPECT_TRUE(Peer(::geteuid()).IsOwner());
  EXPECT_FALSE(Peer(::geteuid() + 1).IsOwner());
  EXPECT_FALSE(Peer(kUnknownUser).IsOwner());
}

TEST(LocalAccountsTest, AnAccountHasItsNameAndTheGroupsOfTheProcess) {
  const auto daemon = FindSystemAccount("daemon");
  const auto games = FindSystemAccount("games");
  ASSERT_TRUE(daemon && games);
  const auto account = LocalAccountOf(Peer(daemon->user_id, {{games->group_id}}));
  ASSERT_TRUE(account);
  EXPECT_EQ(account->name, "daemon");
  EXPECT_THAT(account->groups, ElementsAre("games"));
}

TEST(LocalAccountsTest, WhereTheKernelTellsNoGroupsTheyAreThoseOfTheAccount) {
  const auto account = LocalAccountOf(Peer(0));
  ASSERT_TRUE(account);
  EXPECT_EQ(account->name, "root");
  EXPECT_THAT(account->groups, Contains("root"));
}

TEST(LocalAccountsTest, AUserWithoutANameIsKnownByTheNumber) {
  const auto account = LocalAccountOf(Peer(kNoSuchUser, {{kNoSuchUser}}));
  ASSERT_TRUE(account);
  EXPECT_EQ(account->name, "#4000000000");
  EXPECT_THAT(account->groups, IsEmpty());
}

TEST(LocalAccountsTest, AUserWhomTheKernelCannotNameIsNotTheAccountNobody) {
  const auto account = LocalAccountOf(Peer(kUnknownUser, {{kUnknownGroup, 0}}));
  ASSERT_TRUE(account);
  EXPECT_EQ(account->name, "#65534");
  EXPECT_THAT(account->groups, IsEmpty());
  const auto grouped = LocalAccountOf(Peer(0, {{kUnknownGroup}}));
  EXPECT_THAT(grouped->groups, IsEmpty()) << "nor is a group";
}

TEST(LocalAccountsTest, WhatNobodyCouldSayIsAskedAgain) {
  int questions = 0;
  LocalAccounts accounts(
      [&questions](const PeerCredentials&) -> std::optional<LocalAccount> {
        if (questions++ == 0) return std::nullopt;
        return LocalAccount{"alice", {}};
      },
      {});
  const auto ask = [&accounts] {
    std::promise<std::optional<LocalAccount>> answer;
    accounts.Find(Peer(7), [&answer](auto found) { answer.set_value(std::move(found)); });
    return answer.get_future().get();
  };
  EXPECT_FALSE(ask());
  EXPECT_FALSE(accounts.Known(Peer(7), LocalAccounts::Clock::now()));
  ASSERT_TRUE(ask());
  EXPECT_EQ(accounts.Known(Peer(7), LocalAccounts::Clock::now())->name, "alice");
  EXPECT_FALSE(accounts.Known(Peer(7, {{1}}), LocalAccounts::Clock::now())) << "other groups";
}

class LocalCallersTest : public SecretFilesTest {
 protected:
  static std::optional<Principal> Find(const Authenticator& authenticator,
                                       const PeerCredentials& peer) {
    std::promise<std::optional<Principal>> answer;
    authenticator.FindLocal(peer, [&answer](auto found) { answer.set_value(std::move(found)); });
    return answer.get_future().get();
  }
};

TEST_F(LocalCallersTest, TheyAreLocalAndOnlyRootAndTheServiceOwnIt) {
  Write("");
  const Authenticator authenticator({}, {.verifier = *PasswordVerifier::Start(users_),
                                         .local_accounts = std::make_unique<LocalAccounts>()});
  const auto root = authenticator.KnownLocal(Peer(0));
  ASSERT_TRUE(root) << "without waiting";
  EXPECT_EQ(root->name(), "root");
  EXPECT_TRUE(root->is_local() && root->is_local_owner());
  EXPECT_EQ(root->peer(), Peer(0));
  EXPECT_FALSE(authenticator.KnownLocal(Peer(kNoSuchUser)));
  const auto stranger = Find(authenticator, Peer(kNoSuchUser));
  ASSERT_TRUE(stranger);
  EXPECT_TRUE(stranger->is_local());
  EXPECT_FALSE(stranger->is_local_owner());
  EXPECT_EQ(stranger->peer(), Peer(kNoSuchUser));
  EXPECT_EQ(authenticator.KnownLocal(Peer(kNoSuchUser))->name(), stranger->name());
}

TEST_F(LocalCallersTest, TheyHaveTheGroupsOfTheProcessAndOfTheUserOfExactlyTheirName) {
  Write("alice:*:ops,staff\nAlice:*:boss\nalice@EXAMPLE.COM:*:boss\n");
  const Authenticator authenticator(
      {}, {.verifier = *PasswordVerifier::Start(users_),
           .local_accounts = std::make_unique<LocalAccounts>(
               [](const PeerCredentials& peer) {
                 return LocalAccount{peer.user() == 7 ? "alice" : "bob", {"wheel"}};
               },
               LocalAccounts::Limits{}),
           .user_groups = std::make_unique<UserGroups>(users_)});
  EXPECT_THAT(Find(authenticator, Peer(7))->groups(), ElementsAre("wheel", "ops", "staff"));
  EXPECT_THAT(authenticator.KnownLocal(Peer(7))->groups(), ElementsAre("wheel", "ops", "staff"));
  EXPECT_THAT(Find(authenticator, Peer(8))->groups(), ElementsAre("wheel"));
  Write("alice:*\n");
  EXPECT_THAT(authenticator.KnownLocal(Peer(7))->groups(), ElementsAre("wheel"))
      << "without waiting for the system's answer to be forgotten";
}

TEST_F(LocalCallersTest, WithoutALocalSocketThereAreNone) {
  Write("");
  const Authenticator authenticator({}, {.verifier = *PasswordVerifier::Start(users_)});
  EXPECT_FALSE(authenticator.KnownLocal(Peer(0)));
  EXPECT_FALSE(Find(authenticator, Peer(0)));
}

}  // namespace
}  // namespace wsman::auth
