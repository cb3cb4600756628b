// Whether a file is still the one that was read.
#pragma once

#include <cstdint>
#include <filesystem>

namespace wsman::auth {

// What tells one state of a file from another without reading it.
struct FileState {
  std::uint64_t device = 0, inode = 0, size = 0;  // all zero: there is none
  std::int64_t modified_ns = 0, changed_ns = 0;
  bool operator==(const FileState&) const = default;
};

// Costs one stat().
FileState StateOf(const std::filesystem::path& file);

}  // namespace wsman::auth
