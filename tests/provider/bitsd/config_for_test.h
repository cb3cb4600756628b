// Configurations out of a text.
#pragma once

#include <string>
#include <string_view>

#include "provider/bitsd/config.h"

namespace bitsd {

inline ConfigResult<Config> Parse(std::string_view text) {
  return ParseConfig(text, "/etc/x/bitsd.toml",
                     {.system_state_is_ours = true, .xdg_state_home = {}, .home = {}});
}

// "accepted" when there is none.
inline std::string ErrorOf(std::string_view text) {
  const auto config = Parse(text);
  return config ? "accepted" : config.error();
}

}  // namespace bitsd
