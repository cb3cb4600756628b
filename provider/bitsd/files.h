// The few files and directories that the daemon itself makes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace bitsd {

// Makes the directory and its missing parents with mode 0700; one that exists
// is left as it is, but must be a directory that this process may write.
tl::expected<void, std::string> MakeDirectory(const std::filesystem::path& directory);

// Replaces the file in one step: readers see the old or the new text, whole.
// Mode 0600.
tl::expected<void, std::string> ReplaceFile(const std::filesystem::path& file,
                                            std::string_view text);

}  // namespace bitsd
