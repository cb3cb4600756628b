#include "engine/store/settings_rows.h"

#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace engine::store {
namespace {

constexpr std::string_view kEraseHeaders =
    "DELETE FROM custom_headers WHERE job = (SELECT id FROM job WHERE guid = ?)";
constexpr std::string_view kEraseSettings =
    "DELETE FROM settings WHERE job = (SELECT id FROM job WHERE guid = ?)";
constexpr std::string_view kPutSettings =
    "INSERT INTO settings (job, notify_flags, custom_headers_write_only, http_method,"
    " security_flags, maximum_download_time_seconds, maximum_download_size, dynamic_content,"
    " high_performance, cost_flags) SELECT id, ?,?,?,?,?,?,?,?,? FROM job WHERE guid = ?";
constexpr std::string_view kPutHeaders =
    "INSERT INTO custom_headers (job, sealed) SELECT id, ? FROM job WHERE guid = ?";
constexpr std::string_view kSelectSettings =
    "SELECT job, notify_flags, custom_headers_write_only, http_method, security_flags,"
    " maximum_download_time_seconds, maximum_download_size, dynamic_content, high_performance,"
    " cost_flags FROM settings ORDER BY job";
constexpr std::string_view kSelectHeaders = "SELECT job, sealed FROM custom_headers ORDER BY job";

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();

std::span<const std::uint8_t> BytesOf(const JobId& id) { return id.bytes(); }

std::optional<std::int64_t> NumberUpTo(const Statement& row, int column, std::int64_t most) {
  const auto value = row.Integer(column);
  return value && *value >= 0 && *value <= most ? value : std::nullopt;
}

Status BindSettings(Statement& put, const JobId& job, const JobSettings& settings) {
  const auto size = settings.maximum_download_size;
  if (size.value_or(0) > static_cast<std::uint64_t>(kMaxInteger))
    return Fail(HResult::kInvalidArgument, "A maximum download size above 2^63 - 1 bytes.");
  put.Bind(static_cast<std::int64_t>(settings.notify_flags))
      .Bind(static_cast<std::int64_t>(settings.custom_headers_write_only ? 1 : 0))
      .Bind(std::string_view(settings.http_method))
      .Bind(static_cast<std::int64_t>(settings.security_flags))
      .Bind(static_cast<std::int64_t>(settings.maximum_download_time.count()));
  if (size)
    put.Bind(static_cast<std::int64_t>(*size));
  else
    put.BindNull();
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

// The settings after the row; the present ones come from an earlier table.
using Read = std::optional<JobSettings> (*)(const Statement& row, const JobSettings& present);

Status LoadRows(Database& database, std::string_view sql, std::string_view table,
                std::vector<Job>& jobs, const Places& places, Read read) {
  auto select = database.Prepare(sql);
  if (!select) return tl::unexpected<Error>(select.error());
  for (;;) {
    const Result<bool> row = select->Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return {};
    const std::int64_t key = select->Integer(0).value_or(0);
    const auto place = places.find(key);
    std::optional<JobSettings> settings;
    if (place != places.end()) settings = read(*select, SettingsOf(jobs[place->second]));
    if (!settings) {
      return Fail(HResult::kDatabaseCorrupt,
                  fmt::format("a row of job {} of table {} makes no sense", key, table));
    }
    jobs[place->second].settings = std::make_shared<const JobSettings>(*std::move(settings));
  }
}

}  // namespace

Result<SettingsStatements> PrepareSettings(Database& database) {
  auto erase_headers = database.Prepare(kEraseHeaders);
  if (!erase_headers) return tl::unexpected<Error>(erase_headers.error());
  auto erase_settings = database.Prepare(kEraseSettings);
  if (!erase_settings) return tl::unexpected<Error>(erase_settings.error());
  auto put_settings = database.Prepare(kPutSettings);
  if (!put_settings) return tl::unexpected<Error>(put_settings.error());
  auto put_headers = database.Prepare(kPutHeaders);
  if (!put_headers) return tl::unexpected<Error>(put_headers.error());
  return SettingsStatements{std::move(*erase_headers), std::move(*erase_settings),
                            std::move(*put_settings), std::move(*put_headers)};
}

Result<bool> EraseHeaders(Database& database, SettingsStatements& statements, const JobId& job) {
  if (Status erased = statements.erase_headers.Bind(BytesOf(job)).Run(); !erased)
    return tl::unexpected<Error>(erased.error());
  return database.Changes() > 0;
}

Result<bool> ReplaceSettings(Database& database, SettingsStatements& statements,
                             const PutSettings& change) {
  const auto erased = EraseHeaders(database, statements, change.job);
  if (!erased) return erased;
  Status done = statements.erase_settings.Bind(BytesOf(change.job)).Run();
  if (done && change.settings) {
    done = BindSettings(statements.put_settings, change.job, *change.settings);
    if (done) done = statements.put_settings.Run();
    if (done && database.Changes() == 0)
      done = Fail(HResult::kNotFound, "There is no such job for its settings.");
    const auto& headers = change.settings->custom_headers;
    if (done && !headers.empty())
      done = statements.put_headers.Bind(std::span<const std::uint8_t>(headers))
                 .Bind(BytesOf(change.job))
                 .Run();
  }
  if (!done) return tl::unexpected<Error>(done.error());
  return erased;
}

Status LoadSettings(Database& database, std::vector<Job>& jobs, const Places& places) {
  // The first statement sets the whole; the second adds to it.
  const Status loaded =
      LoadRows(database, kSelectSettings, "settings", jobs, places,
               [](const Statement& row, const JobSettings&) { return ReadSettings(row); });
  if (!loaded) return loaded;
  return LoadRows(database, kSelectHeaders, "custom_headers", jobs, places,
                  [](const Statement& row, const JobSettings& present) {
                    const auto sealed = row.Blob(1);
                    std::optional<JobSettings> settings;
                    if (!sealed || sealed->empty()) return settings;
                    settings = present;
                    settings->custom_headers.assign(sealed->begin(), sealed->end());
                    return settings;
                  });
}

}  // namespace engine::store
