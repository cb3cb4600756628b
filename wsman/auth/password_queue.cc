#include "wsman/auth/password_queue.h"

#include <pthread.h>
#include <string.h>  // explicit_bzero

#include <utility>

namespace wsman::auth {

PasswordQueue::PasswordQueue(Options options, Check check)
    : options_(std::move(options)), check_(std::move(check)) {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), options_.thread_name.c_str());
    Loop();
  });
}

PasswordQueue::~PasswordQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void PasswordQueue::Verify(std::string user, std::string password, Done done) {
  Item item{.digest = digest_(user, password),
            .user = std::move(user),
            .password = std::move(password),
            .waiting = {}};
  item.waiting.push_back(std::move(done));
  Add(std::move(item));
}

void PasswordQueue::Add(Item item) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && items_.size() < options_.limit) {
      items_.push_back(std::move(item));
      wake_.notify_one();
      return;
    }
  }
  Answer(item.waiting, {.outcome = PasswordOutcome::kBusy, .who = {}});
}

bool PasswordQueue::Join(std::string_view user, std::string_view password, Done done) {
  {
    const PasswordDigest::Value digest = digest_(user, password);
    const std::lock_guard lock(mutex_);
    for (Item& item : items_) {
      if (item.digest != digest) continue;
      item.waiting.push_back(std::move(done));
      return true;
    }
  }
  return options_.successor != nullptr && options_.successor->Join(user, password, std::move(done));
}

// The check stays at the front of the queue while it runs, so that others can
// join it and it counts against the limit. Only this thread removes checks and
// appending keeps references to a deque's elements valid.
void PasswordQueue::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !items_.empty(); });
    if (stopping_) break;
    const Item& front = items_.front();
    lock.unlock();
    const Decision decision = check_(front.user, front.password);
    lock.lock();
    Item item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    Conclude(std::move(item), decision);
    lock.lock();
  }
  const std::deque<Item> left = std::exchange(items_, {});
  lock.unlock();
  for (const Item& item : left) {
    Answer(item.waiting, {.outcome = PasswordOutcome::kBusy, .who = {}});
  }
}

void PasswordQueue::Conclude(Item item, const Decision& decision) {
  if (decision.outcome == PasswordOutcome::kUnknown && options_.successor != nullptr) {
    item.digest = options_.successor->digest_(item.user, item.password);
    return options_.successor->Add(std::move(item));
  }
  ::explicit_bzero(item.password.data(), item.password.size());
  Answer(item.waiting, decision);
}

void PasswordQueue::Answer(const std::vector<Done>& waiting, const Decision& decision) {
  for (const Done& done : waiting) done(decision.outcome, decision.who);
}

}  // namespace wsman::auth
