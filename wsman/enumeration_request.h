// The bodies of Enumerate, Pull and Release (WS-Enumeration, DSP0226 8).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman {

// The largest number of items in one reply, whatever the client asks for.
inline constexpr std::size_t kMaxBatchItems = 32'000;

enum class EnumerationMode { kObject, kEpr, kObjectAndEpr };

struct EnumerateRequest {
  bool optimized = false;                     // items may come in the reply itself
  std::size_t max_elements = kMaxBatchItems;  // of that reply
  EnumerationMode mode = EnumerationMode::kObject;
  std::optional<std::chrono::milliseconds> expires;
  std::optional<Element> filter;
};

struct PullRequest {
  std::string context;
  std::size_t max_elements = 1;               // WS-Enumeration's default
  std::optional<std::size_t> max_characters;  // of all items together
  std::optional<std::chrono::milliseconds>
      max_time;  // to wait for items; those of enumerations are there
};

// Unknown children are ignored, as clients put other things there. Faults:
// kSchemaValidationError, kActionMismatch, kUnsupportedAddressingMode (EndTo),
// kUnsupportedEnumerationMode, kPolymorphismModeNotSupported,
// kInvalidExpirationTime, kUnsupportedExpirationType (a point in time),
// kCannotProcessFilter (two filters).
Result<EnumerateRequest> ReadEnumerate(const Request& request);

// Faults: kSchemaValidationError, kActionMismatch.
Result<PullRequest> ReadPull(const Request& request);

// The context to release. Faults: as ReadPull.
Result<std::string> ReadRelease(const Request& request);

}  // namespace wsman
