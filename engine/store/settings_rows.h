// The rows of what was set for jobs beyond their class. Reading trusts nothing,
// as in rows.h.
#pragma once

#include <vector>

#include "engine/store/job_rows.h"
#include "engine/store/job_store.h"
#include "engine/store/sqlite.h"

namespace engine::store {

// The secrets are the custom headers.
Result<SecretStatements> PrepareSettings(Database& database);

// All rows of the job anew. Whether custom headers were erased. kNotFound for a
// job that is not there, kInvalidArgument for sizes above 2^63 - 1.
Result<bool> ReplaceSettings(Database& database, SecretStatements& statements,
                             const PutSettings& change);

Status LoadSettings(Database& database, std::vector<Job>& jobs, const Places& places);

}  // namespace engine::store
