#include "wsman/event_pump.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace wsman {
namespace {

std::shared_ptr<const InstanceEvent> EventOf(EventKind kind) {
  return std::make_shared<const InstanceEvent>(InstanceEvent{kind, nullptr, nullptr, {}});
}

// Holds the first delivery until Open, so that events pile up behind it.
class PumpTest : public testing::Test {
 protected:
  void Deliver(const ReportedEvent& event) {
    if (seen_.empty()) {
      started_.set_value();
      gate_.get_future().wait();
    }
    seen_.push_back(event.lost_before);
    if (seen_.size() == expected_) done_.set_value();
  }

  // The losses told with each delivery when `posted` events wait behind the first.
  std::vector<std::size_t> After(std::size_t posted, std::size_t delivered) {
    expected_ = delivered;
    EventPump pump(3, [this](const ReportedEvent& event) { Deliver(event); });
    pump.Start();
    pump.Post(nullptr, EventOf(EventKind::kCreation));
    started_.get_future().wait();
    for (std::size_t i = 0; i < posted; ++i) pump.Post(nullptr, EventOf(EventKind::kModification));
    gate_.set_value();
    EXPECT_EQ(done_.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    pump.Stop();
    return seen_;
  }

  std::promise<void> started_;
  std::promise<void> gate_;
  std::promise<void> done_;
  std::size_t expected_ = 0;
  std::vector<std::size_t> seen_;  // on the pump's thread until Stop
};

using Losses = std::vector<std::size_t>;

TEST_F(PumpTest, FewerEventsThanTheCapacityAreAllDelivered) {
  EXPECT_EQ(After(2, 3), (Losses{0, 0, 0}));
}

TEST_F(PumpTest, AsManyEventsAsTheCapacityAreAllDelivered) {
  EXPECT_EQ(After(3, 4), (Losses{0, 0, 0, 0}));
}

TEST_F(PumpTest, BeyondTheCapacityTheOldestAreLostAndCounted) {
  EXPECT_EQ(After(5, 4), (Losses{0, 2, 0, 0}));
}

TEST(EventPumpTest, NothingIsDeliveredAfterStop) {
  int delivered = 0;
  EventPump pump(3, [&delivered](const ReportedEvent&) { ++delivered; });
  pump.Start();
  pump.Stop();
  pump.Post(nullptr, EventOf(EventKind::kCreation));
  pump.Stop();
  EXPECT_EQ(delivered, 0);
}

}  // namespace
}  // namespace wsman
