// What every request must say in its headers before anything else is looked at
// (DSP0226 5.4, 6 and 13.1).
#pragma once

#include <chrono>
#include <cstddef>

#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman {

// Each limit is the largest accepted value unless it says otherwise.
struct HeaderLimits {
  std::size_t uri_bytes = 2'048;  // R13.1-6
  std::size_t selectors = 64;
  std::size_t selector_bytes = 4'096;  // name and value of one selector
  std::size_t options = 256;
  std::size_t min_envelope_bytes = 8'192;  // the smallest MaxEnvelopeSize (R6.2-4)
  std::size_t max_envelope_bytes = 512'000;
  std::chrono::milliseconds min_operation_timeout{500};
  std::chrono::milliseconds max_operation_timeout{60'000};
};

// The terms on which a request is answered.
struct RequestTerms {
  std::chrono::milliseconds timeout;  // OperationTimeout moved into the supported range
  std::size_t max_reply_bytes;        // octets of the whole encoded reply
};

// Checks all headers but resource URI, selectors' names and the action's
// meaning. The first broken rule is the fault, in the order: repeated headers,
// headers not understood, required headers, addressing, limits, the values of
// MaxEnvelopeSize, OperationTimeout, Locale and FragmentTransfer.
Result<RequestTerms> CheckHeaders(const Request& request, const HeaderLimits& limits);

// The rule for header blocks that ask to be understood; also for Identify,
// which needs no other header.
Result<void> CheckUnderstood(const Request& request);

}  // namespace wsman
