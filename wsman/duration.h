// xs:duration as OperationTimeout, MaxTime and Expires carry it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wsman {

// Reads an XML Schema duration ("PT60.000S", "P1DT2H", "PT10.000000S"),
// rounded down to milliseconds. A year counts 365 days and a month 30. Values
// beyond a hundred years give a hundred years. Empty for anything else, which
// includes negative durations and dateTimes.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

// The shortest exact spelling in seconds: "PT600S", "PT1.500S".
std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace wsman
