// Groups in the users file (wsman/auth/user_file.h has its format).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "provider/bitsctl/failure.h"

namespace bitsctl {

// Replaces the groups of a user who is in the file, atomically; everything else
// in it stays. Names of groups: 1 to 256 bytes without ':', ',', '#', '\\',
// space and control characters.
Result<void> SetGroups(const std::filesystem::path& file, const std::string& user,
                       const std::vector<std::string>& groups);

}  // namespace bitsctl
