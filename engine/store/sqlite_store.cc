#include "engine/store/sqlite_store.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/store/access_rows.h"
#include "engine/store/columns.h"
#include "engine/store/job_rows.h"
#include "engine/store/migrate.h"
#include "engine/store/open.h"
#include "engine/store/rows.h"
#include "engine/store/settings_rows.h"
#include "engine/store/sqlite.h"
#include "engine/store/upload_rows.h"

namespace engine::store {
namespace {

struct Statements {
  Statement put_job;
  Statement put_file;
  Statement delete_job;
  SecretStatements access;
  SecretStatements settings;
  Statement put_upload;
};

Result<Statements> PrepareAll(Database& database) {
  auto put_job = database.Prepare(kUpsertJob);
  if (!put_job) return tl::unexpected<Error>(put_job.error());
  auto put_file = database.Prepare(kUpsertFile);
  if (!put_file) return tl::unexpected<Error>(put_file.error());
  auto delete_job = database.Prepare("DELETE FROM job WHERE guid = ?");
  if (!delete_job) return tl::unexpected<Error>(delete_job.error());
  auto access = PrepareAccess(database);
  if (!access) return tl::unexpected<Error>(access.error());
  auto settings = PrepareSettings(database);
  if (!settings) return tl::unexpected<Error>(settings.error());
  auto put_upload = PreparePutUpload(database);
  if (!put_upload) return tl::unexpected<Error>(put_upload.error());
  return Statements{std::move(*put_job), std::move(*put_file), std::move(*delete_job),
                    std::move(*access),  std::move(*settings), std::move(*put_upload)};
}

class SqliteStore final : public JobStore {
 public:
  SqliteStore(Database database, Statements statements)
      : database_(std::move(database)), statements_(std::move(statements)) {}

  Result<std::vector<Job>> LoadAll() override;
  Status Apply(std::span<const Change> changes) override;

 private:
  Status LoadJobs(std::vector<Job>& jobs, Places& places);
  Status LoadFiles(std::vector<Job>& jobs, const Places& places);

  Status Do(const PutJob& change);
  Status Do(const PutFile& change);
  Status Do(const PutAccess& change);
  Status Do(const PutSettings& change);
  Status Do(const PutUpload& change);
  Status Do(const DeleteJob& change);
  void EraseFromLog();

  Database database_;
  // Rows with secrets were removed: zeroed in the database, still to be read in
  // the log of earlier commits.
  bool secrets_in_log_ = false;
  Statements statements_;  // after database_: they must go first
};

Status SqliteStore::LoadJobs(std::vector<Job>& jobs, Places& places) {
  SharedTexts names;
  return ForEachRow(database_, kSelectJobs, [&](const Statement& row) -> Status {
    auto read = ReadJob(row);
    if (!read) return tl::unexpected<Error>(read.error());
    read->job.owner = names.Share(read->job.owner);
    read->job.creator = names.Share(read->job.creator);
    places.emplace(read->id, jobs.size());
    jobs.push_back(std::move(read->job));
    return {};
  });
}

Status SqliteStore::LoadFiles(std::vector<Job>& jobs, const Places& places) {
  return ForEachRow(database_, kSelectFiles, [&](const Statement& row) -> Status {
    auto read = ReadFile(row);
    if (!read) return tl::unexpected<Error>(read.error());
    const auto place = places.find(read->job);
    if (place == places.end()) {
      return Fail(
          HResult::kDatabaseCorrupt,
          fmt::format("the row {} of job {} of table file has no job", read->position, read->job));
    }
    auto& files = jobs[place->second].files;
    if (read->position != files.size()) {
      return Fail(HResult::kDatabaseCorrupt,
                  fmt::format("the row {} of job {} of table file follows a gap", read->position,
                              read->job));
    }
    files.Add(std::move(read->file));
    return {};
  });
}

Result<std::vector<Job>> SqliteStore::LoadAll() {
  std::vector<Job> jobs;
  Places places;
  const auto explain = [](Error error) {
    error.message = fmt::format(
        "The jobs cannot be read from the database: {}. Restore a copy of it, or move it away to "
        "begin without jobs.",
        error.message);
    return error;
  };
  Status loaded = LoadJobs(jobs, places);
  if (loaded) loaded = LoadFiles(jobs, places);
  if (loaded) loaded = LoadAccess(database_, jobs, places);
  if (loaded) loaded = LoadSettings(database_, jobs, places);
  if (loaded) loaded = LoadUploads(database_, jobs, places);
  if (!loaded) return tl::unexpected<Error>(explain(loaded.error()));
  return jobs;
}

Status SqliteStore::Apply(std::span<const Change> changes) {
  Status applied = database_.Transact([this, changes]() -> Status {
    for (const Change& change : changes) {
      Status done = std::visit([this](const auto& one) { return Do(one); }, change);
      if (!done) return done;
    }
    return {};
  });
  if (applied && secrets_in_log_) EraseFromLog();
  return applied;
}

void SqliteStore::EraseFromLog() {
  // The transaction stands whatever comes of this; the next one tries again.
  const auto busy = database_.QueryInteger("PRAGMA wal_checkpoint(TRUNCATE)");
  secrets_in_log_ = !(busy && *busy == 0);
}

Status SqliteStore::Do(const PutJob& change) {
  return BindJob(statements_.put_job, *change.job).and_then([this] {
    return statements_.put_job.Run();
  });
}

Status SqliteStore::Do(const PutFile& change) {
  const std::vector<std::uint8_t> ranges = RangesBlob(change.file);
  Status done = BindFile(statements_.put_file, change.job, change.index, change.file, ranges);
  if (done) done = statements_.put_file.Run();
  if (done && database_.Changes() == 0) {
    return Fail(HResult::kNotFound, "There is no such job for the file.");
  }
  return done;
}

Status SqliteStore::Do(const PutAccess& change) {
  const auto removed = ReplaceAccess(database_, statements_.access, change);
  if (!removed) return tl::unexpected<Error>(removed.error());
  if (*removed) secrets_in_log_ = true;
  return {};
}

Status SqliteStore::Do(const PutSettings& change) {
  const auto removed = ReplaceSettings(database_, statements_.settings, change);
  if (!removed) return tl::unexpected<Error>(removed.error());
  if (*removed) secrets_in_log_ = true;
  return {};
}

Status SqliteStore::Do(const PutUpload& change) {
  return WriteUpload(database_, statements_.put_upload, change);
}

Status SqliteStore::Do(const DeleteJob& change) {
  const auto credentials = EraseSecrets(database_, statements_.access, change.job);
  if (!credentials) return tl::unexpected<Error>(credentials.error());
  const auto headers = EraseSecrets(database_, statements_.settings, change.job);
  if (!headers) return tl::unexpected<Error>(headers.error());
  if (*credentials || *headers) secrets_in_log_ = true;
  return statements_.delete_job.Bind(BytesOf(change.job)).Run();
}

}  // namespace

Result<std::unique_ptr<JobStore>> OpenSqliteStore(const std::filesystem::path& file,
                                                  std::uint32_t max_pages) {
  auto database = OpenDatabase(file, Migrations());
  if (!database) return tl::unexpected<Error>(database.error());
  if (max_pages != 0) {
    const Status limited = database->Execute(fmt::format("PRAGMA max_page_count = {}", max_pages));
    if (!limited) return tl::unexpected<Error>(limited.error());
  }
  auto statements = PrepareAll(*database);
  if (!statements) {
    // A file may carry our marks and other tables.
    return Fail(HResult::kDatabaseCorrupt, fmt::format("The database {} cannot be used: {}.",
                                                       file.native(), statements.error().message));
  }
  return std::make_unique<SqliteStore>(std::move(*database), std::move(*statements));
}

}  // namespace engine::store
