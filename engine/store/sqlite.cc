#include "engine/store/sqlite.h"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace engine::store {
namespace {

// Nothing the store writes comes near; a damaged file cannot make us allocate more.
constexpr int kMaxValueBytes = 16 << 20;

// Whether the last failed write(2) of the database or its WAL found no room. SQLite itself
// reports ENOSPC as full, but a quota and a file size limit as input/output errors.
bool LacksRoom(sqlite3* handle) {
  int number = 0;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
  if (number == EDQUOT || number == EFBIG) return true;
  sqlite3_file* wal = nullptr;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (wal == nullptr || wal->pMethods == nullptr) return false;
  wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &number);
  return number == EDQUOT || number == EFBIG;
}

HResult CodeOf(sqlite3* handle, int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return HResult::kDiskFull;
    case SQLITE_IOERR:
      return code == SQLITE_IOERR_WRITE && LacksRoom(handle) ? HResult::kDiskFull
                                                             : HResult::kUnexpected;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return HResult::kDatabaseCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return HResult::kDatabaseLocked;
    case SQLITE_TOOBIG:
      return HResult::kInvalidArgument;
    case SQLITE_NOMEM:
      return HResult::kOutOfMemory;
    default:
      return HResult::kUnexpected;
  }
}

tl::unexpected<Error> Failure(sqlite3* handle, int code) {
  const HResult result = CodeOf(handle, code);
  if (result == HResult::kDatabaseLocked) return Fail(result, "another process has it open");
  return Fail(result, fmt::format("{} (SQLite code {})", sqlite3_errmsg(handle),
                                  sqlite3_extended_errcode(handle)));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::Bind(std::int64_t value) {
  const int code = sqlite3_bind_int64(handle_.get(), next_parameter_++, value);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.empty() ? "" : text.data();
  const int code = sqlite3_bind_text64(handle_.get(), next_parameter_++, data, text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement& Statement::Bind(std::span<const std::uint8_t> blob) {
  const int code = sqlite3_bind_blob64(handle_.get(), next_parameter_++, blob.data(), blob.size(),
                                       SQLITE_STATIC);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement& Statement::BindNull() {
  const int code = sqlite3_bind_null(handle_.get(), next_parameter_++);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Status Statement::Run() {
  for (;;) {
    const Result<bool> row = Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return {};
  }
}

Result<bool> Statement::Step() {
  sqlite3* database = sqlite3_db_handle(handle_.get());
  const int code = bind_code_ == SQLITE_OK ? sqlite3_step(handle_.get()) : bind_code_;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    Reset();
    return false;
  }
  auto failure = Failure(database, code);
  Reset();
  return failure;
}

void Statement::Reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  next_parameter_ = 1;
  bind_code_ = SQLITE_OK;
}

std::optional<std::int64_t> Statement::Integer(int column) const {
  if (sqlite3_column_type(handle_.get(), column) != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_int64(handle_.get(), column);
}

std::optional<std::string_view> Statement::Text(int column) const {
  if (sqlite3_column_type(handle_.get(), column) != SQLITE_TEXT) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (text == nullptr) return std::nullopt;
  return std::string_view(text,
                          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column)));
}

std::optional<std::span<const std::uint8_t>> Statement::Blob(int column) const {
  if (sqlite3_column_type(handle_.get(), column) != SQLITE_BLOB) return std::nullopt;
  const auto* blob = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_.get(), column));
  return std::span(blob, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column)));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::Open(const std::filesystem::path& file) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
      nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return Failure(handle, code);
  if (Status configured = database.Configure(); !configured) {
    return tl::unexpected<Error>(configured.error());
  }
  return database;
}

Status Database::Configure() {
  constexpr auto kSettings = std::to_array<std::pair<int, int>>({
      {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
      {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
      {SQLITE_DBCONFIG_DQS_DML, 0},
      {SQLITE_DBCONFIG_DQS_DDL, 0},
      {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
  });
  for (const auto& [setting, value] : kSettings) {
    const int code = sqlite3_db_config(handle_.get(), setting, value, nullptr);
    if (code != SQLITE_OK) return Failure(handle_.get(), code);
  }
  sqlite3_limit(handle_.get(), SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  return {};
}

void Database::KeepTidy() {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Failure(handle_.get(), code);
  return Statement(statement);
}

Status Database::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return Failure(handle_.get(), code);
  return {};
}

Result<std::int64_t> Database::QueryInteger(std::string_view sql) {
  return Prepare(sql).and_then([sql](Statement statement) -> Result<std::int64_t> {
    const Result<bool> row = statement.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    const auto value = *row ? statement.Integer(0) : std::nullopt;
    if (!value) return Fail(HResult::kUnexpected, fmt::format("{} gave no number", sql));
    return *value;
  });
}

Result<std::string> Database::QueryText(std::string_view sql) {
  return Prepare(sql).and_then([sql](Statement statement) -> Result<std::string> {
    const Result<bool> row = statement.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    const auto value = *row ? statement.Text(0) : std::nullopt;
    if (!value) return Fail(HResult::kUnexpected, fmt::format("{} gave no text", sql));
    return std::string(*value);
  });
}

Status Database::Begin() { return Execute("BEGIN IMMEDIATE"); }

Status Database::Commit() {
  Status committed = Execute("COMMIT");
  if (!committed) Rollback();
  return committed;
}

void Database::Rollback() {
  // Some errors have ended the transaction already.
  if (sqlite3_get_autocommit(handle_.get()) == 0) (void)Execute("ROLLBACK");
}

std::int64_t Database::Changes() const { return sqlite3_changes64(handle_.get()); }

}  // namespace engine::store
