// Questions to services that may block, such as NSS, asked on a thread of their
// own and their answers remembered.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace wsman::auth {

struct LookupLimits {
  std::size_t waiting = 64;   // questions, counting the one that runs
  std::size_t names = 4'096;  // remembered
  std::chrono::seconds remembered_for{60};
};

// Thread-safe. `Key` has an order.
template <class Key, class Answer>
class RememberedLookup {
 public:
  using Clock = std::chrono::steady_clock;
  using Limits = LookupLimits;
  // Called on the thread of this object; may block. Empty: nobody can say at
  // present, which is not remembered.
  using Lookup = std::function<std::optional<Answer>(const Key& key)>;
  // Empty: as above, or too many questions wait, or this object ends.
  using Done = std::function<void(std::optional<Answer>)>;

  // `thread_name` has at most 15 characters.
  RememberedLookup(std::string thread_name, Lookup lookup, Limits limits)
      : lookup_(std::move(lookup)), limits_(limits), thread_([this, name = std::move(thread_name)] {
          ::pthread_setname_np(::pthread_self(), name.c_str());
          Loop();
        }) {}
  RememberedLookup(const RememberedLookup&) = delete;
  RememberedLookup& operator=(const RememberedLookup&) = delete;
  // Waits for the lookup that runs.
  ~RememberedLookup() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  // What was found in the last minute. Never blocks.
  template <class Name>
  std::optional<Answer> Known(const Name& key, Clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found == known_.end() || found->second.expires <= now) return std::nullopt;
    return found->second.answer;
  }

  // Calls `done` once: on the thread of this object, or at once on the caller's
  // when it cannot wait. Questions about one key share a lookup.
  void Find(Key key, Done done) {
    if (!Enqueue(std::move(key), done)) done(std::nullopt);
  }

 private:
  struct Question {
    Key key;
    std::vector<Done> waiting;
  };
  struct Remembered {
    Answer answer;
    Clock::time_point expires;
  };

  bool Enqueue(Key key, const Done& done) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    const auto same = std::find_if(questions_.begin(), questions_.end(),
                                   [&key](const Question& q) { return q.key == key; });
    if (same != questions_.end()) {
      same->waiting.push_back(done);
      return true;
    }
    if (questions_.size() >= limits_.waiting) return false;
    questions_.push_back(Question{std::move(key), {done}});
    wake_.notify_one();
    return true;
  }

  // As in PasswordQueue::Loop, a question stays at the front while it is looked up.
  void Loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
      if (stopping_) break;
      const Key& key = questions_.front().key;
      lock.unlock();
      const std::optional<Answer> answer = lookup_(key);
      lock.lock();
      if (answer) Remember(key, *answer);
      const std::vector<Done> waiting = std::move(questions_.front().waiting);
      questions_.pop_front();
      lock.unlock();
      for (const Done& done : waiting) done(answer);
      lock.lock();
    }
    const std::deque<Question> left = std::exchange(questions_, {});
    lock.unlock();
    for (const Question& question : left) {
      for (const Done& done : question.waiting) done(std::nullopt);
    }
  }

  void Remember(const Key& key, const Answer& answer) {
    const Clock::time_point now = Clock::now();
    if (known_.size() >= limits_.names) {
      std::erase_if(known_, [now](const auto& entry) { return entry.second.expires <= now; });
      if (known_.size() >= limits_.names) known_.clear();
    }
    known_.insert_or_assign(key, Remembered{answer, now + limits_.remembered_for});
  }

  const Lookup lookup_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Question> questions_;                // guarded by mutex_
  std::map<Key, Remembered, std::less<>> known_;  // guarded by mutex_
  bool stopping_ = false;                         // guarded by mutex_
  std::thread thread_;                            // last: it uses all of the above
};

}  // namespace wsman::auth
