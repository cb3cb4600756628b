// The rows of credentials, certificates and proxies. Reading trusts nothing, as
// in rows.h.
#pragma once

#include <unordered_map>
#include <vector>

#include "engine/store/job_store.h"
#include "engine/store/sqlite.h"

namespace engine::store {

// Where the job with a row id lies in a vector.
using Places = std::unordered_map<std::int64_t, std::size_t>;

struct AccessStatements {
  Statement erase_credentials;
  Statement erase_access;
  Statement put_credential;
  Statement put_access;
};
Result<AccessStatements> PrepareAccess(Database& database);

// Whether there were credentials, which stand zeroed in the database from here on.
Result<bool> EraseCredentials(Database& database, AccessStatements& statements, const JobId& job);

// All rows of the job anew. Whether credentials were erased. kNotFound for a job
// that is not there.
Result<bool> ReplaceAccess(Database& database, AccessStatements& statements,
                           const PutAccess& change);

Status LoadAccess(Database& database, std::vector<Job>& jobs, const Places& places);

}  // namespace engine::store
