#include "wsman/auth/authenticator.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <future>
#include <type_traits>

namespace wsman::auth {
namespace {

static_assert(!std::is_default_constructible_v<Principal>);
static_assert(!std::is_constructible_v<Principal, std::string, std::vector<std::string>>);

constexpr char kAlice[] = "Basic YWxpY2U6c2VjcmV0";       // alice:secret
constexpr char kAliceWrong[] = "Basic YWxpY2U6d3Jvbmc=";  // alice:wrong
constexpr char kBobWrong[] = "Basic Ym9iOndyb25n";        // bob:wrong

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    std::string folder = ::testing::TempDir() + "auth_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    file_ = folder_ / "users";
    if (!SetPassword(file_, "alice", "secret")) ADD_FAILURE() << "cannot write " << file_;
    Make({});
  }
  ~AuthenticatorTest() override { std::filesystem::remove_all(folder_); }

  void Make(Authenticator::Options options) {
    authenticator_.reset();
    auto verifier = PasswordVerifier::Start(file_);
    verifier_ = verifier->get();
    authenticator_ = std::make_unique<Authenticator>(
        options, Authenticator::Sources{.verifier = *std::move(verifier)});
  }

  std::optional<Principal> Ask(std::optional<std::string_view> authorization,
                               const ConnectionInfo& connection = {"192.0.2.1", true}) {
    std::promise<std::optional<Principal>> promise;
    authenticator_->Authenticate(
        connection, authorization,
        [&promise](std::optional<Principal> found) { promise.set_value(std::move(found)); });
    return promise.get_future().get();
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
  PasswordVerifier* verifier_ = nullptr;
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, AVerifiedCallerHasTheNameOfTheUsersFile) {
  const auto caller = Ask(kAlice);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name(), "alice");
}

TEST_F(AuthenticatorTest, ACallerHasOneNameInEverySpelling) {
  for (const char* header :
       {"Basic QUxJQ0U6c2VjcmV0", "Basic XGFsaWNlOnNlY3JldA==", "Basic LlxhbGljZTpzZWNyZXQ=",
        "Basic Q09SUFxBbGljZTpzZWNyZXQ=", "Basic YWxpY2VAY29ycDpzZWNyZXQ="}) {
    const auto caller = Ask(header);
    ASSERT_TRUE(caller) << header;
    EXPECT_EQ(caller->name(), "alice");
  }
}

TEST_F(AuthenticatorTest, SpellingsOfAnAccountShareItsAllowance) {
  Make({.per_source = {.burst = 100, .per_minute = 0, .keys = 10},
        .per_account = {.burst = 1, .per_minute = 0, .keys = 10}});
  EXPECT_FALSE(Ask(kAliceWrong));
  EXPECT_FALSE(Ask("Basic Q09SUFxBTElDRTp3cm9uZw=="));  // CORP\ALICE:wrong
  EXPECT_FALSE(Ask("Basic YWxpY2VAZDp3cm9uZw=="));      // alice@d:wrong
  EXPECT_EQ(verifier_->checks(), 1U);
}

TEST_F(AuthenticatorTest, NothingElseMakesACaller) {
  for (const auto header : std::initializer_list<std::optional<std::string_view>>{
           std::nullopt, "", "Basic", "Basic =", "Basic OnA=", "Negotiate", "Negotiate YWxp",
           "Bearer YWxpY2U6c2VjcmV0", kAliceWrong, kBobWrong}) {
    EXPECT_FALSE(Ask(header)) << header.value_or("none");
  }
}

TEST_F(AuthenticatorTest, BasicInClearTextNeedsPermission) {
  const ConnectionInfo clear{"192.0.2.1", false};
  EXPECT_FALSE(Ask(kAlice, clear));
  EXPECT_EQ(verifier_->checks(), 0U);
  EXPECT_THAT(authenticator_->Challenges(clear), ::testing::IsEmpty());
  EXPECT_THAT(authenticator_->Challenges({"192.0.2.1", true}),
              ::testing::ElementsAre("Basic realm=\"WSMAN\""));
  Make({.basic = true, .allow_unencrypted = true});
  EXPECT_TRUE(Ask(kAlice, clear));
  EXPECT_THAT(authenticator_->Challenges(clear), ::testing::SizeIs(1));
}

TEST_F(AuthenticatorTest, BasicCanBeSwitchedOff) {
  Make({.basic = false, .allow_unencrypted = true});
  EXPECT_FALSE(Ask(kAlice));
  EXPECT_THAT(authenticator_->Challenges({"192.0.2.1", true}), ::testing::IsEmpty());
}

TEST_F(AuthenticatorTest, ASuccessIsPaidOnce) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Ask(kAlice));
  EXPECT_EQ(verifier_->checks(), 1U);
}

TEST_F(AuthenticatorTest, AGuessingSourceIsRefusedWithoutHashing) {
  Make({.per_source = {.burst = 3, .per_minute = 0, .keys = 10}});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Ask(kAliceWrong));
  EXPECT_EQ(verifier_->checks(), 3U);
  EXPECT_FALSE(Ask(kAlice));  // also with the right password, from there
  EXPECT_TRUE(Ask(kAlice, {"192.0.2.2", true}));
}

TEST_F(AuthenticatorTest, TenThousandWrongPasswordsCostAtMostSixtyChecksAMinute) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) ASSERT_FALSE(Ask(kAliceWrong));
  const auto minutes =
      std::chrono::ceil<std::chrono::minutes>(std::chrono::steady_clock::now() - began);
  EXPECT_LE(verifier_->checks(), static_cast<std::uint64_t>(60 * minutes.count()));
  EXPECT_TRUE(Ask(kAlice, {"192.0.2.2", true})) << "from elsewhere the account is open";
}

// In CPU time, so that it does not matter what else the machine does.
TEST_F(AuthenticatorTest, UnknownUsersCostAsMuchAsKnownOnes) {
  Make({.per_source = {.burst = 1'000, .per_minute = 0, .keys = 10},
        .per_account = {.burst = 1'000, .per_minute = 0, .keys = 10}});
  const auto cost = [this](const char* header) {
    std::vector<double> milliseconds;
    for (int i = 0; i < 15; ++i) {
      const std::clock_t began = std::clock();
      EXPECT_FALSE(Ask(header));
      milliseconds.push_back(1e3 * static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
    }
    std::ranges::nth_element(milliseconds, milliseconds.begin() + 7);
    return milliseconds[7];
  };
  const double known = cost(kAliceWrong);
  EXPECT_NEAR(cost(kBobWrong), known, 5 + known / 4);
}

TEST_F(AuthenticatorTest, AnAccountUnderAttackFromManySourcesIsSlowedDown) {
  Make({.per_source = {.burst = 1, .per_minute = 0, .keys = 100},
        .per_account = {.burst = 3, .per_minute = 0, .keys = 10}});
  for (int i = 0; i < 10; ++i) Ask(kAliceWrong, {"192.0.2." + std::to_string(i), true});
  EXPECT_EQ(verifier_->checks(), 3U);
  EXPECT_FALSE(Ask(kBobWrong, {"192.0.2.50", true}));
  EXPECT_EQ(verifier_->checks(), 4U);
}

TEST_F(AuthenticatorTest, SuccessesDoNotUseUpTheAllowance) {
  Make({.per_source = {.burst = 1, .per_minute = 0, .keys = 10},
        .per_account = {.burst = 1, .per_minute = 0, .keys = 10}});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(SetPassword(file_, "bob", std::to_string(i)));  // empties the memory
    ASSERT_TRUE(Ask(kAlice));
  }
  EXPECT_EQ(verifier_->checks(), 5U);
}

TEST_F(AuthenticatorTest, AConnectionRemembersExactlyItsLastHeader) {
  ConnectionMemory memory;
  EXPECT_FALSE(authenticator_->Recall(memory, kAlice));
  authenticator_->Confirm(memory, *Ask(kAlice));
  ASSERT_TRUE(authenticator_->Recall(memory, kAlice));
  EXPECT_EQ(authenticator_->Recall(memory, kAlice)->name(), "alice");
  EXPECT_FALSE(authenticator_->Recall(memory, kAliceWrong));
  EXPECT_FALSE(authenticator_->Recall(memory, kAlice));  // a refusal ends the memory
}

TEST_F(AuthenticatorTest, AChangeOfTheUsersFileEmptiesTheConnectionMemory) {
  ConnectionMemory memory;
  EXPECT_FALSE(authenticator_->Recall(memory, kAlice));
  authenticator_->Confirm(memory, *Ask(kAlice));
  ASSERT_TRUE(SetPassword(file_, "alice", "other"));
  EXPECT_FALSE(authenticator_->Recall(memory, kAlice));
}

TEST_F(AuthenticatorTest, AChangeDuringTheCheckIsNotRemembered) {
  ConnectionMemory memory;
  EXPECT_FALSE(authenticator_->Recall(memory, kAlice));
  const auto caller = Ask(kAlice);
  ASSERT_TRUE(SetPassword(file_, "alice", "other"));
  authenticator_->Confirm(memory, *caller);
  EXPECT_FALSE(authenticator_->Recall(memory, kAlice));
}

TEST_F(AuthenticatorTest, WaitingCallersAreAnsweredWhenItEnds) {
  std::atomic<int> answers = 0;
  for (int i = 0; i < 5; ++i) {
    authenticator_->Authenticate({"192.0.2.1", true}, kAliceWrong,
                                 [&answers](std::optional<Principal>) { ++answers; });
  }
  authenticator_.reset();
  EXPECT_EQ(answers, 5);
}

}  // namespace
}  // namespace wsman::auth
