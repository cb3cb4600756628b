// Client text inside fault sentences.
#pragma once

#include <string>
#include <string_view>

namespace wsman {

// `text` in single quotes, cut after 80 bytes at a character's border, so that
// a long value does not make a long fault.
std::string Quoted(std::string_view text);

}  // namespace wsman
