// Subscriptions to the events of the sensors, and what they answer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "service_fixture.h"

namespace wsman {

inline constexpr std::string_view kPullMode = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull";
inline constexpr std::string_view kMany = "<n:MaxElements>100</n:MaxElements>";

// A responder whose answer comes from another thread.
class LateResponder : public http::Responder {
 public:
  void Send(http::Reply sent) override {
    const std::lock_guard lock(mutex_);
    if (reply_) return;
    reply_ = std::move(sent);
    changed_.notify_all();
  }
  void SetDeadline(std::chrono::steady_clock::time_point at,
                   std::function<http::Reply()> on_expiry) override {
    wait = std::chrono::round<std::chrono::seconds>(at - std::chrono::steady_clock::now());
    expire_ = std::move(on_expiry);
  }

  bool IsAnswered() {
    const std::lock_guard lock(mutex_);
    return reply_.has_value();
  }
  http::Reply Wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(10), [this] { return reply_.has_value(); }));
    return reply_.value_or(http::Reply{0, {}, {}});
  }
  // What the server does at the deadline.
  http::Reply Expire() {
    http::Reply reply = expire_();
    Send(reply);
    return reply;
  }

  std::chrono::seconds wait{0};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<http::Reply> reply_;  // guarded by mutex_
  std::function<http::Reply()> expire_;
};

// A request of WS-Eventing, to the subscription with the name.
Message Eventing(std::string_view verb, const std::string& inner, std::string_view name = {});
std::string Delivery(std::string_view inner = {}, std::string_view mode = kPullMode);
// Subscribe for what the query selects; empty: for everything.
Message Subscription(std::string_view query = {}, std::string_view more = {});

// Of three subscriptions for each caller, four in all, and three events that wait.
class EventingTest : public ServiceTest {
 protected:
  EventingTest();

  // The context of a new subscription.
  std::string Subscribed(std::string_view query = {}, std::string_view more = {});
  std::shared_ptr<LateResponder> StartPull(const Message& message);
  // The next items, once there are some.
  std::string Items(const std::string& context, std::string_view more = kMany);
  // Returns when everything told so far has reached the subscriptions. Tells
  // one more event, of a sensor that no test looks at.
  void Settle();
};

}  // namespace wsman
