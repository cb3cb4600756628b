// From an older schema to the present one, step by step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "engine/error.h"
#include "engine/store/sqlite.h"

namespace engine::store {

// "BITS" in the header of the file says that it is ours (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x42495453;

// The SQL of version 1, 2, …
std::span<const std::string_view> Migrations();

// The version of the schema in `database`; 0 for a file without any table. An
// error for another application's file and for a version above `known`.
Result<std::int64_t> CheckVersion(Database& database, std::int64_t known);

// Brings `database` from `version` to the last of `migrations`, each step in one
// transaction. A file that had a schema is first copied to
// "<file>.version-<version>" (mode 0600, replaced when it exists).
Status Migrate(Database& database, const std::filesystem::path& file, std::int64_t version,
               std::span<const std::string_view> migrations);

}  // namespace engine::store
