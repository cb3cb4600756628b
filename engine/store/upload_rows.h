// The rows of uploads: sessions and replies. Reading trusts nothing, as in rows.h.
#pragma once

#include <vector>

#include "engine/store/job_rows.h"
#include "engine/store/job_store.h"
#include "engine/store/sqlite.h"

namespace engine::store {

Result<Statement> PreparePutUpload(Database& database);

// The row of the job, inserted or replaced. kNotFound for a job that is not there,
// kInvalidArgument for sizes above 2^63 - 1.
Status WriteUpload(Database& database, Statement& put, const PutUpload& change);

Status LoadUploads(Database& database, std::vector<Job>& jobs, const Places& places);

}  // namespace engine::store
