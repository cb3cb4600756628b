// A BITS host in memory, and a clock that only tests move.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/service.h"

namespace bitsctl {

inline constexpr char kFirstId[] = "{00000000-0000-4000-8000-000000000001}";
inline constexpr char kSecondId[] = "{00000000-0000-4000-8000-000000000002}";

// <NAME> with one child for each value.
Element MakeElement(const std::string& name, const Properties& values);

// A BitsClientJob as the host sends it.
Element MakeJob(const std::string& id, const std::string& name, int state,
                std::uint64_t transferred = 0, std::uint64_t total = 100);

// Answers from a map of jobs; Invoke from a map of methods, ReturnValue 0
// otherwise. Every call is recorded as text.
class FakeService : public Service {
 public:
  std::map<std::string, Element> jobs;
  // Get(id) takes from here first: the job's next states.
  std::deque<Reply<Element>> next_jobs;
  std::map<std::string, Element> outputs;             // by method
  std::vector<std::string> calls;                     // "SetJobState {id} JobState=2"
  std::optional<wsman::client::ClientError> failure;  // of every call

  Reply<Element> Identify() override;
  Reply<Element> Get(const std::string& uri, const std::vector<Selector>& selectors) override;
  Reply<Element> Put(const std::string& uri, const std::vector<Selector>& selectors,
                     const Properties& values) override;
  Reply<void> Delete(const std::string& uri, const std::vector<Selector>& selectors) override;
  Reply<Element> Invoke(const std::string& uri, const std::string& method,
                        const std::vector<Selector>& selectors,
                        const Properties& arguments) override;
  Reply<std::vector<Element>> Enumerate(const std::string& uri, const std::string& wql) override;

  // PullEvents takes from here; Subscribe is refused as by a host without events
  // while `has_events` is false. An empty deque is a lost subscription.
  bool has_events = false;
  std::deque<std::vector<Element>> next_events;

  Reply<std::string> Subscribe(const std::string& uri, const std::string& wql) override;
  Reply<std::vector<Element>> PullEvents(const std::string& uri, const std::string& subscription,
                                         std::chrono::milliseconds wait) override;
  Reply<void> Unsubscribe(const std::string& uri, const std::string& subscription) override;
};

// The fault for a job that is not there.
wsman::client::ClientError NotThere();

// Each Wait moves the time by what was asked.
class FakeClock : public Clock {
 public:
  int waits_until_interrupt = -1;  // negative: never
  std::function<void()> on_wait = [] {};

  std::chrono::steady_clock::time_point Now() override { return now_; }
  bool Wait(std::chrono::milliseconds duration) override {
    now_ += duration;
    on_wait();
    return waits_until_interrupt < 0 || waits_until_interrupt-- > 0;
  }

 private:
  std::chrono::steady_clock::time_point now_{};
};

}  // namespace bitsctl
