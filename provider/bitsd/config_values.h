// One setting from TOML into a Config and back. Used by config.cc alone.
#pragma once

#include <optional>
#include <string>

#include <toml++/toml.h>

#include "provider/bitsd/config_keys.h"

namespace bitsd {

// What is wrong, as the end of a sentence that starts with the setting's name:
// "must be true or false". Empty when the value was stored.
std::optional<std::string> ReadValue(const toml::node& node, const Slot& slot, Config& config);

// The value as TOML on one line.
std::string PrintValue(const Slot& slot, const Config& config);

// "1 to 100", "1s to 1d", "\"a\", \"b\""; empty when every value of the kind is allowed.
std::string RangeText(const Slot& slot);

}  // namespace bitsd
