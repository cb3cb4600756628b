#include "engine/transfer/header_lines.h"

#include <algorithm>

namespace engine::transfer {

std::vector<HeaderLine> SplitHeaderLines(std::string_view text) {
  constexpr std::string_view kLineEnd = "\r\n";
  std::vector<HeaderLine> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(kLineEnd), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t colon = line.find(':');
    // A line end of another kind would begin another header on the wire.
    const bool one_line = line.find_first_of(std::string_view("\r\n\0", 3)) == line.npos;
    if (colon != line.npos && colon > 0 && one_line)
      lines.push_back({std::string(line.substr(0, colon)), SecretText(line)});
    text.remove_prefix(std::min(end + kLineEnd.size(), text.size()));
  }
  return lines;
}

}  // namespace engine::transfer
