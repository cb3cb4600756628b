#include "engine/store/rows.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/store/columns.h"

namespace engine::store {
namespace {

// Offset and length.
constexpr std::size_t kRangeBytes = 16;

std::uint64_t NumberAt(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kRangeBytes / 2; ++i)
    number |= static_cast<std::uint64_t>(bytes[at + i]) << (8 * i);
  return number;
}

// Reads the columns from left to right and remembers the first that makes no
// sense; what it returns after that is of no use.
class Reader {
 public:
  Reader(const Statement& row, std::string_view table) : row_(row), table_(table) {}

  std::int64_t Number(std::string_view column, std::int64_t minimum, std::int64_t maximum) {
    const auto value = row_.Integer(++column_);
    if (value && *value >= minimum && *value <= maximum) return *value;
    Refuse(column, value ? fmt::format("{}", *value) : "not a number");
    return minimum;
  }

  std::optional<std::int64_t> OptionalNumber(std::string_view column, std::int64_t minimum,
                                             std::int64_t maximum) {
    if (row_.IsNull(column_ + 1)) {
      ++column_;
      return std::nullopt;
    }
    return Number(column, minimum, maximum);
  }

  template <class Enum>
  Enum Enumerator(std::string_view column, Enum last) {
    return static_cast<Enum>(Number(column, 0, static_cast<std::int64_t>(last)));
  }

  std::string Text(std::string_view column) {
    const auto value = row_.Text(++column_);
    if (!value) Refuse(column, "not a text");
    return std::string(value.value_or(""));
  }

  TimePoint Time(std::string_view column) {
    return TimeOf(Number(column, kMinInteger, kMaxInteger));
  }

  std::optional<TimePoint> OptionalTime(std::string_view column) {
    const auto value = OptionalNumber(column, kMinInteger, kMaxInteger);
    if (!value) return std::nullopt;
    return TimeOf(*value);
  }

  JobId Guid(std::string_view column) {
    std::array<std::uint8_t, 16> bytes{};
    const auto value = row_.Blob(++column_);
    if (value && value->size() == bytes.size()) {
      std::ranges::copy(*value, bytes.begin());
    } else {
      Refuse(column, "not a GUID of 16 bytes");
    }
    return JobId::FromBytes(bytes);
  }

  std::shared_ptr<const std::vector<FileRange>> Ranges(std::string_view column) {
    if (row_.IsNull(++column_)) return nullptr;
    const auto value = row_.Blob(column_);
    if (!value || value->empty() || value->size() % kRangeBytes != 0) {
      Refuse(column, "no ranges");
      return nullptr;
    }
    std::vector<FileRange> ranges;
    for (std::size_t at = 0; at < value->size(); at += kRangeBytes)
      ranges.push_back({NumberAt(*value, at), NumberAt(*value, at + kRangeBytes / 2)});
    // Without limit: it may have been another when the file was added.
    if (!CheckRanges(ranges, {}, /*exempt_from_limits=*/true)) Refuse(column, "no ranges");
    return std::make_shared<const std::vector<FileRange>>(std::move(ranges));
  }

  bool NextIsNull() const { return row_.IsNull(column_ + 1); }
  void Skip(int columns) { column_ += columns; }

  // Names the row in the error from here on.
  void SetKey(std::string key) { key_ = std::move(key); }

  Status Outcome() const {
    if (fault_.empty()) return {};
    return Fail(HResult::kDatabaseCorrupt, fault_);
  }

 private:
  void Refuse(std::string_view column, std::string_view value) {
    if (!fault_.empty()) return;
    fault_ = fmt::format("the row {} of table {} has a bad {} ({})", key_, table_, column, value);
  }

  const Statement& row_;
  std::string_view table_;
  std::string key_ = "without a key";
  std::string fault_;
  int column_ = -1;
};

std::shared_ptr<const JobError> ReadError(Reader& reader) {
  constexpr int kOtherColumns = 4;
  if (reader.NextIsNull()) {
    reader.Skip(kOtherColumns);
    return nullptr;
  }
  JobError error;
  error.code = static_cast<HResult>(reader.Number("error_code", 0, kMaxUint32));
  error.context = reader.Enumerator("error_context", ErrorContext::kServerCertificateCallback);
  const auto file = reader.OptionalNumber("error_file", 0, kMaxUint32);
  if (file) error.file = static_cast<std::uint32_t>(*file);
  error.message = reader.Text("error_message");
  return std::make_shared<const JobError>(std::move(error));
}

void BindError(Statement& statement, const JobError* error) {
  if (error == nullptr) {
    statement.BindNull().BindNull().BindNull().BindNull();
    return;
  }
  statement.Bind(static_cast<std::int64_t>(error->code));
  statement.Bind(static_cast<std::int64_t>(error->context));
  BindOptional(statement, error->file);
  statement.Bind(std::string_view(error->message));
}

Job EmptyJob(const JobId& id) {
  return Job{.id = id,
             .display_name = {},
             .description = {},
             .owner = {},
             .creator = {},
             .request = {},
             .error = {},
             .created = {},
             .modified = {},
             .completed = {},
             .files = {}};
}

}  // namespace

Result<JobRow> ReadJob(const Statement& row) {
  Reader reader(row, "job");
  const std::int64_t id = reader.Number("id", kMinInteger, kMaxInteger);
  reader.SetKey(fmt::format("{}", id));
  Job job = EmptyJob(reader.Guid("guid"));
  job.sequence = static_cast<std::uint64_t>(reader.Number("sequence", 0, kMaxInteger));
  job.type = reader.Enumerator("type", JobType::kUploadReply);
  job.state = reader.Enumerator("state", JobState::kCancelled);
  job.priority = reader.Enumerator("priority", Priority::kLow);
  job.pending = reader.Enumerator("pending", Pending::kTellingServer);
  job.display_name = reader.Text("display_name");
  job.description = reader.Text("description");
  job.owner = reader.Text("owner");
  job.creator = reader.Text("creator");
  job.minimum_retry_delay =
      std::chrono::seconds(reader.Number("minimum_retry_delay_seconds", 0, kMaxUint32));
  job.no_progress_timeout =
      std::chrono::seconds(reader.Number("no_progress_timeout_seconds", 0, kMaxUint32));
  job.error_count = static_cast<std::uint32_t>(reader.Number("error_count", 0, kMaxUint32));
  job.error = ReadError(reader);
  job.created = reader.Time("created");
  job.modified = reader.Time("modified");
  job.completed = reader.OptionalTime("completed");
  job.request = reader.Text("request");
  job.seconds_downloading =
      static_cast<std::uint32_t>(reader.Number("seconds_downloading", 0, kMaxUint32));
  job.resumed = reader.Number("resumed", 0, 1) == 1;
  if (Status sound = reader.Outcome(); !sound) return tl::unexpected<Error>(sound.error());
  return JobRow{id, std::move(job)};
}

Result<FileRow> ReadFile(const Statement& row) {
  Reader reader(row, "file");
  FileRow result{};
  result.job = reader.Number("job", kMinInteger, kMaxInteger);
  reader.SetKey(fmt::format("of job {}", result.job));
  result.position = static_cast<std::uint32_t>(reader.Number("position", 0, kMaxUint32));
  reader.SetKey(fmt::format("{} of job {}", result.position, result.job));
  File& file = result.file;
  file.remote_url = reader.Text("remote_url");
  file.local_name = reader.Text("local_name");
  file.temporary_name = reader.Text("temporary_name");
  const auto total = reader.OptionalNumber("bytes_total", 0, kMaxInteger);
  if (total) file.bytes_total = static_cast<std::uint64_t>(*total);
  file.bytes_transferred =
      static_cast<std::uint64_t>(reader.Number("bytes_transferred", 0, kMaxInteger));
  file.transferred = reader.Number("transferred", 0, 1) == 1;
  file.validators.etag = reader.Text("etag");
  file.validators.last_modified = reader.Text("last_modified");
  file.valid = reader.Number("valid", 0, 1) == 1;
  file.ranges = reader.Ranges("ranges");
  if (Status sound = reader.Outcome(); !sound) return tl::unexpected<Error>(sound.error());
  return result;
}

Status BindJob(Statement& statement, const Job& job) {
  if (!Fits(job.sequence)) return Fail(HResult::kInvalidArgument, "A sequence above 2^63 - 1.");
  statement.Bind(BytesOf(job.id))
      .Bind(static_cast<std::int64_t>(job.sequence))
      .Bind(static_cast<std::int64_t>(job.type))
      .Bind(static_cast<std::int64_t>(job.state))
      .Bind(static_cast<std::int64_t>(job.priority))
      .Bind(static_cast<std::int64_t>(job.pending))
      .Bind(std::string_view(job.display_name))
      .Bind(std::string_view(job.description))
      .Bind(std::string_view(job.owner))
      .Bind(std::string_view(job.creator))
      .Bind(static_cast<std::int64_t>(job.minimum_retry_delay.count()))
      .Bind(static_cast<std::int64_t>(job.no_progress_timeout.count()))
      .Bind(static_cast<std::int64_t>(job.error_count));
  BindError(statement, job.error.get());
  statement.Bind(NanosecondsOf(job.created)).Bind(NanosecondsOf(job.modified));
  BindOptional(statement,
               job.completed ? std::optional(NanosecondsOf(*job.completed)) : std::nullopt);
  statement.Bind(std::string_view(job.request))
      .Bind(static_cast<std::int64_t>(job.seconds_downloading))
      .Bind(static_cast<std::int64_t>(job.resumed ? 1 : 0));
  return {};
}

std::vector<std::uint8_t> RangesBlob(const File& file) {
  std::vector<std::uint8_t> blob;
  if (!file.ranges) return blob;
  for (const FileRange& range : *file.ranges) {
    for (const std::uint64_t number : {range.offset, range.length}) {
      for (unsigned shift = 0; shift < 64; shift += 8)
        blob.push_back(static_cast<std::uint8_t>(number >> shift));
    }
  }
  return blob;
}

Status BindFile(Statement& statement, const JobId& job, std::uint32_t position, const File& file,
                std::span<const std::uint8_t> ranges) {
  if (!Fits(file.bytes_total.value_or(0)) || !Fits(file.bytes_transferred)) {
    return Fail(HResult::kInvalidArgument, "A file size above 2^63 - 1 bytes.");
  }
  statement.Bind(static_cast<std::int64_t>(position))
      .Bind(std::string_view(file.remote_url))
      .Bind(std::string_view(file.local_name))
      .Bind(std::string_view(file.temporary_name));
  BindOptional(statement, file.bytes_total
                              ? std::optional(static_cast<std::int64_t>(*file.bytes_total))
                              : std::nullopt);
  statement.Bind(static_cast<std::int64_t>(file.bytes_transferred))
      .Bind(static_cast<std::int64_t>(file.transferred ? 1 : 0))
      .Bind(std::string_view(file.validators.etag))
      .Bind(std::string_view(file.validators.last_modified))
      .Bind(static_cast<std::int64_t>(file.valid ? 1 : 0));
  if (ranges.empty())
    statement.BindNull();
  else
    statement.Bind(ranges);
  statement.Bind(BytesOf(job));
  return {};
}

}  // namespace engine::store
