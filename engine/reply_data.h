// The reply of an upload before it has its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/job.h"
#include "engine/path_map.h"

namespace engine {

// What GetReplyData gives, as in BITS: the largest accepted reply.
inline constexpr std::uint64_t kMostReplyData = 1 << 20;
// Of it in one call.
inline constexpr std::size_t kReplyPart = 128 << 10;

// Whether the reply can be read: E_NOTIMPL for jobs without one, BG_E_INVALID_STATE
// before it is here as a whole, BG_E_TOO_LARGE.
Status CheckReplyData(const Job& job);

// kReplyPart bytes from `offset` on, fewer at the end of the file and none behind
// it. Waits for the disk.
Result<std::string> ReadReplyPart(LocalTarget target, const std::string& temporary_name,
                                  std::uint64_t offset);

}  // namespace engine
