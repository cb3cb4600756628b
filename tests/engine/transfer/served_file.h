// Files of origins whose bytes and marks tell their version.
#pragma once

#include <string>

#include "tests/support/origin_server.h"

namespace engine::transfer {

inline constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

inline support::OriginFile FileOf(std::size_t size, unsigned version = 0) {
  return {support::PatternBytes(size, version), "\"v" + std::to_string(version) + "\"", kDate};
}

// The file must outlive the origin.
inline support::OriginHandler Serving(const support::OriginFile& file) {
  return [&file](const support::OriginRequest& request, support::OriginReply& reply) {
    support::ServeFile(file, request, reply);
  };
}

}  // namespace engine::transfer
