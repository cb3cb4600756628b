// A job's own headers, line by line. Pure text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/secret_text.h"

namespace engine::transfer {

struct HeaderLine {
  std::string name;  // as written
  SecretText line;   // "Name: value", without its line end
};

// Of a text that CheckCustomHeaders (engine/custom_headers.h) has accepted. What
// is no line of that kind is left out.
std::vector<HeaderLine> SplitHeaderLines(std::string_view text);

}  // namespace engine::transfer
