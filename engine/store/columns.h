// Values on their way into columns and out of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "engine/job.h"
#include "engine/store/sqlite.h"

namespace engine::store {

inline constexpr std::int64_t kMinInteger = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();

// Whether a column can hold it.
inline bool Fits(std::uint64_t value) { return value <= static_cast<std::uint64_t>(kMaxInteger); }

inline std::span<const std::uint8_t> BytesOf(const JobId& id) { return id.bytes(); }

// As times are stored.
inline std::int64_t NanosecondsOf(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}
inline TimePoint TimeOf(std::int64_t nanoseconds) {
  return TimePoint(std::chrono::nanoseconds(nanoseconds));
}

// NULL for none.
inline void BindOptional(Statement& statement, std::optional<std::int64_t> value) {
  if (value)
    statement.Bind(*value);
  else
    statement.BindNull();
}

// Empty unless the column holds a number from 0 to `most`.
inline std::optional<std::int64_t> NumberUpTo(const Statement& row, int column, std::int64_t most) {
  const auto value = row.Integer(column);
  return value && *value >= 0 && *value <= most ? value : std::nullopt;
}

}  // namespace engine::store
