#include "engine/store/migrate.h"

#include <string>
#include <system_error>

#include <fmt/format.h>

#include "engine/store/open.h"

namespace engine::store {
namespace {

std::string SqlText(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

Status KeepCopy(Database& database, const std::filesystem::path& file, std::int64_t version) {
  const std::filesystem::path copy = fmt::format("{}.version-{}", file.native(), version);
  std::error_code error;
  std::filesystem::remove(copy, error);
  if (Status created = CreatePrivateFile(copy); !created) return created;
  if (Status written = database.Execute("VACUUM INTO " + SqlText(copy.native())); !written) {
    return Fail(written.error().code, fmt::format("the copy {} cannot be written: {}",
                                                  copy.native(), written.error().message));
  }
  return SyncFile(copy);
}

Status Step(Database& database, std::string_view sql, std::int64_t version) {
  const std::string marks =
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, version);
  return database.Transact([&database, sql, &marks]() -> Status {
    if (Status done = database.Execute(std::string(sql)); !done) return done;
    return database.Execute(marks);
  });
}

}  // namespace

Result<std::int64_t> CheckVersion(Database& database, std::int64_t known) {
  const auto application = database.QueryInteger("PRAGMA application_id");
  if (!application) return application;
  const auto version = database.QueryInteger("PRAGMA user_version");
  if (!version) return version;
  const auto tables = database.QueryInteger("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables;
  if (*application == 0 && *version == 0 && *tables == 0) return 0;
  if (*application != kApplicationId) {
    return Fail(HResult::kUnexpected,
                "it belongs to another application; choose another state directory");
  }
  if (*version > known) {
    return Fail(HResult::kUnexpected,
                fmt::format("it was written by a later release (schema {}, this one knows {}); "
                            "install that release again or restore the copy from before",
                            *version, known));
  }
  if (*version < 1) {
    return Fail(HResult::kDatabaseCorrupt, fmt::format("its schema version is {}", *version));
  }
  return version;
}

Status Migrate(Database& database, const std::filesystem::path& file, std::int64_t version,
               std::span<const std::string_view> migrations) {
  const auto last = static_cast<std::int64_t>(migrations.size());
  if (version > 0 && version < last) {
    if (Status copied = KeepCopy(database, file, version); !copied) return copied;
  }
  for (std::int64_t next = version + 1; next <= last; ++next) {
    const Status done = Step(database, migrations[static_cast<std::size_t>(next - 1)], next);
    if (!done) {
      return Fail(done.error().code,
                  fmt::format("the step to schema {} failed: {}", next, done.error().message));
    }
  }
  return {};
}

}  // namespace engine::store
