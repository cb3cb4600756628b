// The bodies of Subscribe and Renew (WS-Eventing; DSP0226 10.2).
#pragma once

#include <chrono>
#include <optional>

#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman {

// The shortest accepted heartbeat; shorter ones mean this one.
inline constexpr std::chrono::milliseconds kShortestHeartbeat{1'000};

struct SubscribeRequest {
  std::optional<std::chrono::milliseconds> expires;
  std::optional<std::chrono::milliseconds> heartbeats;
  std::optional<Element> filter;
};

// Unknown children are ignored. Faults: kSchemaValidationError, kActionMismatch,
// kDeliveryModeUnavailable (every mode but Pull), kInvalidEventMessage (two
// filters), kUnsupportedBookmarks, kUnsupportedHeartbeats (no duration),
// kCharacterSet (ContentEncoding),
// kUnsupportedAddressingMode (EndTo), kInvalidEventExpiration,
// kUnsupportedEventExpiration (a point in time).
Result<SubscribeRequest> ReadSubscribe(const Request& request);

// The life that is asked for, if any.
Result<std::optional<std::chrono::milliseconds>> ReadRenew(const Request& request);

}  // namespace wsman
