// What the tables with rows about a job have in common. Reading trusts nothing,
// as in rows.h.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/job.h"
#include "engine/store/sqlite.h"

namespace engine::store {

// Where the job with a row id lies in a vector.
using Places = std::unordered_map<std::int64_t, std::size_t>;

// Runs `read` for each row of `select`. Ends with the first error.
Status ForEachRow(Database& database, std::string_view select,
                  const std::function<Status(const Statement&)>& read);

struct JobTable {
  std::string_view name;
  std::string_view select;  // its first column is the row id of a job
};

// Adds what a row says to the job; false for a row that makes no sense.
using ReadIntoJob = bool (*)(const Statement& row, Job& job);

// BG_E_DATABASE_CORRUPT for a row that belongs to no job and for one that makes no
// sense.
Status LoadJobRows(Database& database, const JobTable& table, std::vector<Job>& jobs,
                   const Places& places, ReadIntoJob read);

// For a table with at most one row of a job, and one with the secrets that belong to
// it. The erasing ones bind the job's GUID alone.
struct SecretStatements {
  Statement erase_secrets;
  Statement erase_row;
  Statement put_secret;
  Statement put_row;
};
struct SecretTables {
  std::string_view erase_secrets;
  std::string_view erase_row;
  std::string_view put_secret;
  std::string_view put_row;
};
Result<SecretStatements> PrepareSecretTables(Database& database, const SecretTables& tables);

// Whether there were secrets, which stand zeroed in the database from here on.
Result<bool> EraseSecrets(Database& database, SecretStatements& statements, const JobId& job);

// Erases all rows of the job, then runs `put` for those that take their place.
// Whether secrets were erased.
Result<bool> ReplaceRows(Database& database, SecretStatements& statements, const JobId& job,
                         const std::function<Status()>& put);

}  // namespace engine::store
