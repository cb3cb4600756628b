// What the users file and the NT hash file have in common: text with one entry
// a line, readable for its owner only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wsman::auth {

// The text of a regular file of mode 0600 or stricter and at most 4 MiB. `what`
// names the file's kind in the error text: "users file".
tl::expected<std::string, std::string> ReadSecretFile(const std::filesystem::path& file,
                                                      std::string_view what);

// Puts `text` in the file's place with its owner and mode 0600. Readers see the old file or
// the new one, also after a crash.
tl::expected<void, std::string> ReplaceSecretFile(const std::filesystem::path& file,
                                                  std::string_view what, std::string_view text);

// Lines without their ends; a last line end does not make a further line.
std::vector<std::string> SecretFileLines(std::string_view text);

// Whether a line is neither empty nor a comment.
bool IsSecretFileEntry(std::string_view line);

// What is wrong with a user's name; empty when nothing is. See user_file.h.
std::string_view UserNameMistake(std::string_view name);

}  // namespace wsman::auth
