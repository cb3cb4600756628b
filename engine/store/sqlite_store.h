// The job store in one SQLite file: WAL, synchronous=FULL, migrations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "engine/store/job_store.h"

namespace engine::store {

// Opens or creates `file` (mode 0600), takes the exclusive lock, checks
// application_id and integrity, and migrates an older schema in one transaction
// each with a copy kept beside. A newer schema, another application's file, a
// damaged file and a locked file are errors that say so and change no byte.
//
// `max_pages`: the file never grows above so many pages of 4 KiB (kDiskFull
// instead); 0 leaves SQLite's own limit.
Result<std::unique_ptr<JobStore>> OpenSqliteStore(const std::filesystem::path& file,
                                                  std::uint32_t max_pages = 0);

}  // namespace engine::store
