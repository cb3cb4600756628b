// The rows of what was set for jobs beyond their class. Reading trusts nothing,
// as in rows.h.
#pragma once

#include <vector>

#include "engine/store/access_rows.h"
#include "engine/store/job_store.h"
#include "engine/store/sqlite.h"

namespace engine::store {

struct SettingsStatements {
  Statement erase_headers;
  Statement erase_settings;
  Statement put_settings;
  Statement put_headers;
};
Result<SettingsStatements> PrepareSettings(Database& database);

// Whether there were custom headers, which stand zeroed in the database from here
// on.
Result<bool> EraseHeaders(Database& database, SettingsStatements& statements, const JobId& job);

// All rows of the job anew. Whether custom headers were erased. kNotFound for a
// job that is not there, kInvalidArgument for sizes above 2^63 - 1.
Result<bool> ReplaceSettings(Database& database, SettingsStatements& statements,
                             const PutSettings& change);

Status LoadSettings(Database& database, std::vector<Job>& jobs, const Places& places);

}  // namespace engine::store
