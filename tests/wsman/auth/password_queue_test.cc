#include "wsman/auth/password_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <semaphore>

namespace wsman::auth {
namespace {

using Outcome = PasswordOutcome;

PasswordQueue::Decision Accept(const std::string& user, const std::string&) {
  return {.outcome = Outcome::kAccepted, .who = {.name = user, .groups = {}}};
}

// Holds the queue's thread until released.
struct Gate {
  std::binary_semaphore entered{0};
  std::binary_semaphore open{0};

  PasswordQueue::Check Check() {
    return [this, first = std::make_shared<std::atomic<bool>>(true)](const std::string& user,
                                                                     const std::string& password) {
      if (first->exchange(false)) {
        entered.release();
        open.acquire();
      }
      return Accept(user, password);
    };
  }
};

TEST(PasswordQueueTest, HoldsAsManyChecksAsItsLimitSays) {
  constexpr std::size_t kLimit = 3;
  Gate gate;
  std::atomic<int> accepted = 0;
  int busy = 0;
  {
    PasswordQueue queue({.thread_name = "test", .limit = kLimit}, gate.Check());
    const auto count = [&accepted](Outcome outcome, const Verified&) {
      accepted += outcome == Outcome::kAccepted ? 1 : 0;
    };
    queue.Verify("0", "p", count);
    gate.entered.acquire();
    queue.Verify("1", "p", count);
    queue.Verify("2", "p", count);
    queue.Verify("3", "p", [&busy](Outcome outcome, const Verified&) {
      busy += outcome == Outcome::kBusy ? 1 : 0;  // at once, on this thread
    });
    EXPECT_EQ(busy, 1);
    std::promise<void> last;
    EXPECT_TRUE(queue.Join("2", "p", [&last](Outcome, const Verified&) { last.set_value(); }));
    gate.open.release();
    last.get_future().get();
  }
  EXPECT_EQ(accepted, 3);
}

TEST(PasswordQueueTest, UnknownUsersGoToTheSuccessorWithAllWhoWait) {
  Gate gate;
  std::atomic<int> first_checks = 0;
  PasswordQueue second({.thread_name = "second"}, gate.Check());
  PasswordQueue first({.thread_name = "first", .limit = 8, .successor = &second},
                      [&first_checks](const std::string&, const std::string&) {
                        ++first_checks;
                        return PasswordQueue::Decision{.outcome = Outcome::kUnknown, .who = {}};
                      });
  std::promise<std::string> one, two;
  first.Verify("alice", "p", [&one](Outcome, const Verified& who) { one.set_value(who.name); });
  gate.entered.acquire();
  EXPECT_TRUE(
      first.Join("alice", "p", [&two](Outcome, const Verified& who) { two.set_value(who.name); }));
  EXPECT_FALSE(first.Join("alice", "q", [](Outcome, const Verified&) {}));
  gate.open.release();
  EXPECT_EQ(one.get_future().get(), "alice");
  EXPECT_EQ(two.get_future().get(), "alice");
  EXPECT_EQ(first_checks, 1);
}

TEST(PasswordQueueTest, WhoeverWaitsAtTheEndIsBusy) {
  std::atomic<int> answers = 0;
  {
    PasswordQueue queue({.thread_name = "test"}, Accept);
    for (int i = 0; i < 50; ++i) {
      queue.Verify(std::to_string(i), "p", [&answers](Outcome, const Verified&) { ++answers; });
    }
  }
  EXPECT_EQ(answers, 50);
}

}  // namespace
}  // namespace wsman::auth
