#include "engine/store/settings_rows.h"

#include <string>
#include <utility>

#include "engine/store/columns.h"

namespace engine::store {
namespace {

constexpr SecretTables kTables = {
    .erase_secrets = "DELETE FROM custom_headers WHERE job = (SELECT id FROM job WHERE guid = ?)",
    .erase_row = "DELETE FROM settings WHERE job = (SELECT id FROM job WHERE guid = ?)",
    .put_secret = "INSERT INTO custom_headers (job, sealed) SELECT id, ? FROM job WHERE guid = ?",
    .put_row =
        "INSERT INTO settings (job, notify_flags, custom_headers_write_only, http_method,"
        " security_flags, maximum_download_time_seconds, maximum_download_size, dynamic_content,"
        " high_performance, cost_flags) SELECT id, ?,?,?,?,?,?,?,?,? FROM job WHERE guid = ?"};
constexpr JobTable kSettings = {
    "settings",
    "SELECT job, notify_flags, custom_headers_write_only, http_method, security_flags,"
    " maximum_download_time_seconds, maximum_download_size, dynamic_content, high_performance,"
    " cost_flags FROM settings ORDER BY job"};
constexpr JobTable kHeaders = {"custom_headers",
                               "SELECT job, sealed FROM custom_headers ORDER BY job"};

Status BindSettings(Statement& put, const JobId& job, const JobSettings& settings) {
  const auto size = settings.maximum_download_size;
  if (!Fits(size.value_or(0)))
    return Fail(HResult::kInvalidArgument, "A maximum download size above 2^63 - 1 bytes.");
  put.Bind(static_cast<std::int64_t>(settings.notify_flags))
      .Bind(static_cast<std::int64_t>(settings.custom_headers_write_only ? 1 : 0))
      .Bind(std::string_view(settings.http_method))
      .Bind(static_cast<std::int64_t>(settings.security_flags))
      .Bind(static_cast<std::int64_t>(settings.maximum_download_time.count()));
  BindOptional(put, size ? std::optional(static_cast<std::int64_t>(*size)) : std::nullopt);
  put.Bind(static_cast<std::int64_t>(settings.dynamic_content ? 1 : 0))
      .Bind(static_cast<std::int64_t>(settings.high_performance ? 1 : 0))
      .Bind(static_cast<std::int64_t>(settings.cost_flags))
      .Bind(BytesOf(job));
  return {};
}

std::optional<JobSettings> ReadSettings(const Statement& row) {
  const auto notify = NumberUpTo(row, 1, kMaxUint32);
  const auto write_only = NumberUpTo(row, 2, 1);
  const auto method = row.Text(3);
  const auto security = NumberUpTo(row, 4, kMaxUint32);
  const auto time = NumberUpTo(row, 5, kMaxUint32);
  const auto size = NumberUpTo(row, 6, kMaxInteger);
  const auto dynamic = NumberUpTo(row, 7, 1);
  const auto performance = NumberUpTo(row, 8, 1);
  const auto cost = NumberUpTo(row, 9, kMaxUint32);
  const bool has_size = size || row.IsNull(6);
  if (!notify || !write_only || !method || !security || !time || !has_size || !dynamic ||
      !performance || !cost)
    return std::nullopt;
  JobSettings settings;
  settings.notify_flags = static_cast<std::uint32_t>(*notify);
  settings.custom_headers_write_only = *write_only == 1;
  settings.http_method = std::string(*method);
  settings.security_flags = static_cast<std::uint32_t>(*security);
  settings.maximum_download_time = std::chrono::seconds(*time);
  if (size) settings.maximum_download_size = static_cast<std::uint64_t>(*size);
  settings.dynamic_content = *dynamic == 1;
  settings.high_performance = *performance == 1;
  settings.cost_flags = static_cast<std::uint32_t>(*cost);
  return settings;
}

bool ReadSettingsInto(const Statement& row, Job& job) {
  auto settings = ReadSettings(row);
  if (settings) job.settings = std::make_shared<const JobSettings>(*std::move(settings));
  return settings.has_value();
}

bool ReadHeadersInto(const Statement& row, Job& job) {
  const auto sealed = row.Blob(1);
  if (!sealed || sealed->empty()) return false;
  JobSettings settings = SettingsOf(job);
  settings.custom_headers.assign(sealed->begin(), sealed->end());
  job.settings = std::make_shared<const JobSettings>(std::move(settings));
  return true;
}

Status PutAll(Database& database, SecretStatements& statements, const PutSettings& change) {
  Status done = BindSettings(statements.put_row, change.job, *change.settings);
  if (done) done = statements.put_row.Run();
  if (done && database.Changes() == 0)
    done = Fail(HResult::kNotFound, "There is no such job for its settings.");
  const auto& headers = change.settings->custom_headers;
  if (done && !headers.empty())
    done = statements.put_secret.Bind(std::span<const std::uint8_t>(headers))
               .Bind(BytesOf(change.job))
               .Run();
  return done;
}

}  // namespace

Result<SecretStatements> PrepareSettings(Database& database) {
  return PrepareSecretTables(database, kTables);
}

Result<bool> ReplaceSettings(Database& database, SecretStatements& statements,
                             const PutSettings& change) {
  return ReplaceRows(database, statements, change.job, [&]() -> Status {
    if (!change.settings) return {};
    return PutAll(database, statements, change);
  });
}

Status LoadSettings(Database& database, std::vector<Job>& jobs, const Places& places) {
  // The first table sets the whole; the second adds to it.
  Status loaded = LoadJobRows(database, kSettings, jobs, places, ReadSettingsInto);
  if (loaded) loaded = LoadJobRows(database, kHeaders, jobs, places, ReadHeadersInto);
  return loaded;
}

}  // namespace engine::store
