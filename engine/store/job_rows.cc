#include "engine/store/job_rows.h"

#include <utility>

#include <fmt/format.h>

#include "engine/store/columns.h"

namespace engine::store {

Status ForEachRow(Database& database, std::string_view select,
                  const std::function<Status(const Statement&)>& read) {
  auto statement = database.Prepare(select);
  if (!statement) return tl::unexpected<Error>(statement.error());
  for (;;) {
    const Result<bool> row = statement->Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return {};
    if (Status done = read(*statement); !done) return done;
  }
}

Status LoadJobRows(Database& database, const JobTable& table, std::vector<Job>& jobs,
                   const Places& places, ReadIntoJob read) {
  return ForEachRow(database, table.select, [&](const Statement& row) -> Status {
    const std::int64_t key = row.Integer(0).value_or(0);
    const auto place = places.find(key);
    if (place != places.end() && read(row, jobs[place->second])) return {};
    return Fail(HResult::kDatabaseCorrupt,
                fmt::format("a row of job {} of table {} makes no sense", key, table.name));
  });
}

Result<SecretStatements> PrepareSecretTables(Database& database, const SecretTables& tables) {
  auto erase_secrets = database.Prepare(tables.erase_secrets);
  if (!erase_secrets) return tl::unexpected<Error>(erase_secrets.error());
  auto erase_row = database.Prepare(tables.erase_row);
  if (!erase_row) return tl::unexpected<Error>(erase_row.error());
  auto put_secret = database.Prepare(tables.put_secret);
  if (!put_secret) return tl::unexpected<Error>(put_secret.error());
  auto put_row = database.Prepare(tables.put_row);
  if (!put_row) return tl::unexpected<Error>(put_row.error());
  return SecretStatements{std::move(*erase_secrets), std::move(*erase_row), std::move(*put_secret),
                          std::move(*put_row)};
}

Result<bool> EraseSecrets(Database& database, SecretStatements& statements, const JobId& job) {
  if (Status erased = statements.erase_secrets.Bind(BytesOf(job)).Run(); !erased)
    return tl::unexpected<Error>(erased.error());
  return database.Changes() > 0;
}

Result<bool> ReplaceRows(Database& database, SecretStatements& statements, const JobId& job,
                         const std::function<Status()>& put) {
  auto erased = EraseSecrets(database, statements, job);
  if (!erased) return erased;
  Status done = statements.erase_row.Bind(BytesOf(job)).Run();
  if (done) done = put();
  if (!done) return tl::unexpected<Error>(done.error());
  return erased;
}

}  // namespace engine::store
