#include "engine/store/open.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "engine/fd.h"
#include "engine/store/migrate.h"

namespace engine::store {
namespace {

constexpr mode_t kPrivate = 0600;

tl::unexpected<Error> SystemFailure(std::string_view what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return Fail(full ? HResult::kDiskFull : HResult::kUnexpected,
              fmt::format("{}: {}", what, std::generic_category().message(number)));
}

// Without opening it: closing a descriptor of the database would drop the locks
// that another connection of this process holds.
Status CheckExisting(const std::filesystem::path& file) {
  struct stat status {};
  if (lstat(file.c_str(), &status) != 0) return SystemFailure("it cannot be examined");
  if (!S_ISREG(status.st_mode)) return Fail(HResult::kUnexpected, "it is not a regular file");
  if ((status.st_mode & 07777) == kPrivate) return {};
  if (chmod(file.c_str(), kPrivate) != 0) return SystemFailure("its mode cannot be made 0600");
  return {};
}

// Takes the lock for as long as the connection lives; nothing is written.
Status Lock(Database& database) {
  return database.Execute(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
      "BEGIN EXCLUSIVE; SELECT count(*) FROM sqlite_schema; COMMIT");
}

Status CheckIntegrity(Database& database) {
  const auto report = database.QueryText("PRAGMA quick_check(1)");
  if (!report) return tl::unexpected<Error>(report.error());
  if (*report == "ok") return {};
  return Fail(HResult::kDatabaseCorrupt, fmt::format("it is damaged: {}", *report));
}

Status UseWal(Database& database) {
  const auto mode = database.QueryText("PRAGMA journal_mode = WAL");
  if (!mode) return tl::unexpected<Error>(mode.error());
  if (*mode != "wal") return Fail(HResult::kUnexpected, "its file system cannot hold a WAL");
  return database.Execute(
      "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA secure_delete = ON;"
      "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY");
}

Status Prepare(Database& database, const std::filesystem::path& file,
               std::span<const std::string_view> migrations) {
  if (Status locked = Lock(database); !locked) return locked;
  const auto version = CheckVersion(database, static_cast<std::int64_t>(migrations.size()));
  if (!version) return tl::unexpected<Error>(version.error());
  if (Status sound = CheckIntegrity(database); !sound) return sound;
  if (Status wal = UseWal(database); !wal) return wal;
  if (Status migrated = Migrate(database, file, *version, migrations); !migrated) return migrated;
  database.KeepTidy();
  return {};
}

Result<Database> Open(const std::filesystem::path& file,
                      std::span<const std::string_view> migrations) {
  if (Status created = CreatePrivateFile(file); !created) {
    return tl::unexpected<Error>(created.error());
  }
  Result<Database> database = Database::Open(file);
  if (!database) return database;
  if (Status prepared = Prepare(*database, file, migrations); !prepared) {
    return tl::unexpected<Error>(prepared.error());
  }
  return database;
}

}  // namespace

Status SyncDirectory(const std::filesystem::path& directory) {
  const Fd opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || fsync(opened.get()) != 0) {
    return SystemFailure("its directory cannot be synced");
  }
  return {};
}

Status CreatePrivateFile(const std::filesystem::path& file) {
  const Fd created(
      open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kPrivate));
  if (created.get() >= 0) return SyncDirectory(file.parent_path());
  if (errno == EEXIST) return CheckExisting(file);
  return SystemFailure("it cannot be created");
}

Status SyncFile(const std::filesystem::path& file) {
  const Fd opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.get() < 0 || fsync(opened.get()) != 0) {
    return SystemFailure(fmt::format("{} cannot be synced", file.native()));
  }
  return {};
}

Result<Database> OpenDatabase(const std::filesystem::path& file,
                              std::span<const std::string_view> migrations) {
  // SQLite refuses links anywhere in the name; only the file itself must not be one.
  std::error_code error;
  const auto directory =
      std::filesystem::canonical(std::filesystem::absolute(file).parent_path(), error);
  const auto explain = [&file](Error failure) {
    failure.message =
        fmt::format("The database {} cannot be used: {}.", file.native(), failure.message);
    return failure;
  };
  if (error) {
    return tl::unexpected<Error>(
        explain({HResult::kPathNotFound, ErrorContext::kNone, "its directory does not exist"}));
  }
  return Open(directory / file.filename(), migrations).map_error(explain);
}

}  // namespace engine::store
