// Jobs as CIM instances. The one place that knows the sentinels of the wire:
// unknown sizes, FILETIMEs, owners as SIDs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/job.h"
#include "schema/cim.h"

namespace provider {

// What a size that the server has not told yet looks like (BG_SIZE_UNKNOWN).
inline constexpr std::uint64_t kUnknownSize = 18'446'744'073'709'551'615ull;

// 100 ns steps since 1601-01-01 UTC. The clock cannot hold an earlier time.
std::uint64_t ToFiletime(engine::TimePoint time);

// The SID of the account that a ServiceAccount argument names: 0 LocalSystem,
// 1 LocalService, 2 NetworkService. Empty for other numbers.
std::optional<std::string_view> SidOfServiceAccount(std::uint64_t account);

// Every property of the class, in its order. An empty Description is NULL.
schema::Instance ToInstance(const engine::Job& job);    // BitsClientJob
schema::Instance ToInstance(const engine::File& file);  // BitsClientFile
// BitsClientJob with its keys and this property of it; the others are NULL.
schema::Instance ToInstance(const engine::Job& job, const schema::Property& property);

}  // namespace provider
