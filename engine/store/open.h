// The way from a file name to a database that may be used.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "engine/error.h"
#include "engine/store/sqlite.h"

namespace engine::store {

// An empty regular file of mode 0600, durable in its directory. OK when there is
// one already; its mode becomes 0600.
Status CreatePrivateFile(const std::filesystem::path& file);

// The file's content is on disk when this returns OK.
Status SyncFile(const std::filesystem::path& file);

// The names in `directory` are on disk when this returns OK.
Status SyncDirectory(const std::filesystem::path& directory);

// Opens or creates, locks, checks and migrates to the last of `migrations`
// (sqlite_store.h has the promises).
Result<Database> OpenDatabase(const std::filesystem::path& file,
                              std::span<const std::string_view> migrations);

}  // namespace engine::store
