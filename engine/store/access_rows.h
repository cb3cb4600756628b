// The rows of credentials, certificates and proxies. Reading trusts nothing, as
// in rows.h.
#pragma once

#include <vector>

#include "engine/store/job_rows.h"
#include "engine/store/job_store.h"
#include "engine/store/sqlite.h"

namespace engine::store {

// The secrets are the credentials.
Result<SecretStatements> PrepareAccess(Database& database);

// All rows of the job anew. Whether credentials were erased. kNotFound for a job
// that is not there.
Result<bool> ReplaceAccess(Database& database, SecretStatements& statements,
                           const PutAccess& change);

Status LoadAccess(Database& database, std::vector<Job>& jobs, const Places& places);

}  // namespace engine::store
