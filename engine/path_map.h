// From a client's file name to a place below a configured root. Pure text: no
// file system access (transfer/disk.h walks the result with openat2).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/options.h"

namespace engine {

// A target below a root. components are checked names: not empty, not "." or
// "..", no separators, no control characters, at most 255 bytes.
struct LocalTarget {
  std::filesystem::path root;            // absolute, from the configuration
  std::vector<std::string> directories;  // from the root to the target's directory
  std::string name;                      // the file itself
  bool create_directories = false;
  std::uint32_t umask = 0077;  // as PathOptions has it
};

// Maps "C:\dir\file", "\\server\share\dir\file" and "/root/dir/file". Drive
// letters and shares compare without case. E_INVALIDARG with a sentence for
// everything else: relative names, unmapped drives, device names (CON, NUL,
// COM1…, also with an extension), streams ("a:b"), wildcards, verbatim and device prefixes
// (\\?\, \\.\), "..", trailing dots and blanks, control characters, names too long.
Result<LocalTarget> MapLocalName(std::string_view name, const PathOptions& paths,
                                 const LimitOptions& limits);

}  // namespace engine
