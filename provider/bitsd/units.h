// Durations and sizes as the configuration writes them: "90d", "300s",
// "250ms", "64MiB". Pure text.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bitsd {

// Decimal digits and one of ms, s, m, h, d. Empty for everything else, also for
// a bare number and for more than 100 years.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

// In the largest unit that divides it: "90d", "1500ms". Zero is "0s".
std::string DurationText(std::chrono::milliseconds duration);

// Decimal digits and one of B, KiB, MiB, GiB. Empty for everything else.
std::optional<std::uint64_t> ParseSize(std::string_view text);

}  // namespace bitsd
