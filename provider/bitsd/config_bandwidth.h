// The values of [bandwidth]: rates and the weekly schedule, from TOML and back.
// Used by config_values.cc alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>
#include <tl/expected.hpp>

#include "engine/options.h"

namespace bitsd {

// As BITS' policies write rates, in kbit/s of 1000 bits; the most that they allow.
inline constexpr std::uint64_t kMostKilobits = 4'294'967'200;
inline constexpr std::size_t kMostPeriods = 100;

// Bytes a second from a whole number of kbit/s, or from a text with the unit kbit, Mbit or Gbit.
// The error is the end of a sentence, as in config_values.h; so it is below.
tl::expected<std::uint64_t, std::string> ReadRate(const toml::node& node);
std::string PrintRate(std::uint64_t bytes_per_second);

// An array of tables with days, from, to and rates.
tl::expected<std::vector<engine::BandwidthPeriod>, std::string> ReadPeriods(const toml::node& node);
std::string PrintPeriods(const std::vector<engine::BandwidthPeriod>& periods);

}  // namespace bitsd
