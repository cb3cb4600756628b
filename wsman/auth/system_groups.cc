#include "wsman/auth/system_groups.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace wsman::auth {

SystemGroups::SystemGroups(Lookup lookup, Limits limits)
    : lookup_(std::move(lookup)), limits_(limits), thread_([this] {
        ::pthread_setname_np(::pthread_self(), "groups");
        Loop();
      }) {}

SystemGroups::~SystemGroups() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::optional<SystemGroups::Groups> SystemGroups::Known(std::string_view name,
                                                        Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  if (found == known_.end() || found->second.expires <= now) return std::nullopt;
  return found->second.groups;
}

void SystemGroups::Find(std::string name, Done done) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::find_if(questions_.begin(), questions_.end(),
                                   [&name](const Question& q) { return q.name == name; });
    if (!stopping_ && same != questions_.end()) {
      same->waiting.push_back(std::move(done));
      return;
    }
    if (!stopping_ && questions_.size() < limits_.waiting) {
      Question& question = questions_.emplace_back();
      question.name = std::move(name);
      question.waiting.push_back(std::move(done));
      wake_.notify_one();
      return;
    }
  }
  done(std::nullopt);
}

// As in PasswordQueue::Loop, a question stays at the front while it is looked up.
void SystemGroups::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) break;
    const std::string& name = questions_.front().name;
    lock.unlock();
    const Groups groups = lookup_(name);
    lock.lock();
    Remember(name, groups);
    const std::vector<Done> waiting = std::move(questions_.front().waiting);
    questions_.pop_front();
    lock.unlock();
    for (const Done& done : waiting) done(groups);
    lock.lock();
  }
  const std::deque<Question> left = std::exchange(questions_, {});
  lock.unlock();
  for (const Question& question : left) {
    for (const Done& done : question.waiting) done(std::nullopt);
  }
}

void SystemGroups::Remember(const std::string& name, const Groups& groups) {
  const Clock::time_point now = Clock::now();
  if (known_.size() >= limits_.names) {
    std::erase_if(known_, [now](const auto& entry) { return entry.second.expires <= now; });
    if (known_.size() >= limits_.names) known_.clear();
  }
  known_[name] = {groups, now + limits_.remembered_for};
}

}  // namespace wsman::auth
