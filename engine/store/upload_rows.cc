#include "engine/store/upload_rows.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/store/columns.h"
#include "engine/upload.h"

namespace engine::store {
namespace {

constexpr std::string_view kPutUpload =
    "INSERT OR REPLACE INTO upload (job, session_id, session_host, host_fallback_seconds,"
    " host_failing_since, source_size, source_modified, source_device, source_inode, closing,"
    " closed, reply_url, reply_name, reply_temporary_name, reply_bytes_total,"
    " reply_bytes_transferred, reply_transferred, reply_etag, reply_last_modified, reader,"
    " reader_groups)"
    " SELECT id, ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,? FROM job WHERE guid = ?";
constexpr JobTable kUploads = {
    "upload",
    "SELECT job, session_id, session_host, host_fallback_seconds, host_failing_since,"
    " source_size, source_modified, source_device, source_inode, closing, closed, reply_url,"
    " reply_name, reply_temporary_name, reply_bytes_total, reply_bytes_transferred,"
    " reply_transferred, reply_etag, reply_last_modified, reader, reader_groups"
    " FROM upload ORDER BY job"};

constexpr std::size_t kGroupBytes = 4;

std::vector<std::uint8_t> GroupsBlob(const SourceReader& reader) {
  std::vector<std::uint8_t> blob;
  for (const std::uint32_t group : reader.groups) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      blob.push_back(static_cast<std::uint8_t>(group >> shift));
  }
  return blob;
}

std::vector<std::uint32_t> GroupsOf(std::span<const std::uint8_t> blob) {
  std::vector<std::uint32_t> groups;
  for (std::size_t at = 0; at + kGroupBytes <= blob.size(); at += kGroupBytes) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < kGroupBytes; ++i)
      group |= static_cast<std::uint32_t>(blob[at + i]) << (8 * i);
    groups.push_back(group);
  }
  return groups;
}

void BindSession(Statement& put, const UploadSession& session) {
  put.Bind(std::string_view(session.id)).Bind(std::string_view(session.host));
  BindOptional(
      put, session.host_fallback ? std::optional(session.host_fallback->count()) : std::nullopt);
  BindOptional(put, session.host_failing_since
                        ? std::optional(NanosecondsOf(*session.host_failing_since))
                        : std::nullopt);
  put.Bind(static_cast<std::int64_t>(session.source.size))
      .Bind(session.source.modified_ns)
      .Bind(static_cast<std::int64_t>(session.source.device))
      .Bind(static_cast<std::int64_t>(session.source.inode))
      .Bind(static_cast<std::int64_t>(session.closing ? 1 : 0))
      .Bind(static_cast<std::int64_t>(session.closed ? 1 : 0));
}

void BindReply(Statement& put, const File& reply) {
  put.Bind(std::string_view(reply.remote_url))
      .Bind(std::string_view(reply.local_name))
      .Bind(std::string_view(reply.temporary_name));
  BindOptional(put, reply.bytes_total ? std::optional(static_cast<std::int64_t>(*reply.bytes_total))
                                      : std::nullopt);
  put.Bind(static_cast<std::int64_t>(reply.bytes_transferred))
      .Bind(static_cast<std::int64_t>(reply.transferred ? 1 : 0))
      .Bind(std::string_view(reply.validators.etag))
      .Bind(std::string_view(reply.validators.last_modified));
}

// Reads the columns from left to right; what it returns is of no use once one made
// no sense.
class Columns {
 public:
  explicit Columns(const Statement& row) : row_(row) {}

  std::int64_t Number(std::int64_t least, std::int64_t most) {
    const auto value = row_.Integer(++column_);
    const bool sound = value && *value >= least && *value <= most;
    is_sound_ = is_sound_ && sound;
    return sound ? *value : least;
  }
  std::optional<std::int64_t> OptionalNumber(std::int64_t most) {
    if (!row_.IsNull(column_ + 1)) return Number(0, most);
    ++column_;
    return std::nullopt;
  }
  std::optional<TimePoint> OptionalTime() {
    if (row_.IsNull(column_ + 1)) {
      ++column_;
      return std::nullopt;
    }
    return TimeOf(Number(kMinInteger, kMaxInteger));
  }
  std::uint64_t Size() { return static_cast<std::uint64_t>(Number(0, kMaxInteger)); }
  std::uint64_t Bits() { return static_cast<std::uint64_t>(Number(kMinInteger, kMaxInteger)); }
  bool Flag() { return Number(0, 1) == 1; }
  std::string Text() {
    const auto value = row_.Text(++column_);
    is_sound_ = is_sound_ && value;
    return std::string(value.value_or(""));
  }
  std::optional<SourceReader> User() {
    const auto user = OptionalNumber(kMaxUint32);
    const bool has_groups = !row_.IsNull(++column_);
    const auto groups = row_.Blob(column_);
    // An empty blob reads as none.
    const bool sound = groups ? groups->size() % kGroupBytes == 0 : !has_groups;
    is_sound_ = is_sound_ && sound && (user || !has_groups);
    if (!user || !is_sound_) return std::nullopt;
    SourceReader reader{static_cast<std::uint32_t>(*user), {}};
    if (groups) reader.groups = GroupsOf(*groups);
    return reader;
  }
  bool is_sound() const { return is_sound_; }

 private:
  const Statement& row_;
  int column_ = 0;
  bool is_sound_ = true;
};

std::optional<Upload> ReadUpload(const Statement& row) {
  Columns columns(row);
  Upload upload;
  upload.session.id = columns.Text();
  upload.session.host = columns.Text();
  if (const auto fallback = columns.OptionalNumber(kMaxUint32))
    upload.session.host_fallback = std::chrono::seconds(*fallback);
  upload.session.host_failing_since = columns.OptionalTime();
  upload.session.source.size = columns.Size();
  upload.session.source.modified_ns = columns.Number(kMinInteger, kMaxInteger);
  upload.session.source.device = columns.Bits();
  upload.session.source.inode = columns.Bits();
  upload.session.closing = columns.Flag();
  upload.session.closed = columns.Flag();
  upload.reply.remote_url = columns.Text();
  upload.reply.local_name = columns.Text();
  upload.reply.temporary_name = columns.Text();
  if (const auto total = columns.OptionalNumber(kMaxInteger))
    upload.reply.bytes_total = static_cast<std::uint64_t>(*total);
  upload.reply.bytes_transferred = columns.Size();
  upload.reply.transferred = columns.Flag();
  upload.reply.validators.etag = columns.Text();
  upload.reply.validators.last_modified = columns.Text();
  upload.reader = columns.User();
  return columns.is_sound() ? std::optional(std::move(upload)) : std::nullopt;
}

bool ReadUploadInto(const Statement& row, Job& job) {
  if (job.type == JobType::kDownload) return false;
  auto upload = ReadUpload(row);
  if (upload) job.upload = std::make_shared<const Upload>(*std::move(upload));
  return upload.has_value();
}

}  // namespace

Result<Statement> PreparePutUpload(Database& database) { return database.Prepare(kPutUpload); }

Status WriteUpload(Database& database, Statement& put, const PutUpload& change) {
  const Upload& upload = *change.upload;
  if (!Fits(upload.session.source.size) || !Fits(upload.reply.bytes_transferred) ||
      !Fits(upload.reply.bytes_total.value_or(0)))
    return Fail(HResult::kInvalidArgument, "A file size above 2^63 - 1 bytes.");
  BindSession(put, upload.session);
  BindReply(put, upload.reply);
  std::vector<std::uint8_t> groups;
  if (upload.reader) {
    groups = GroupsBlob(*upload.reader);
    put.Bind(static_cast<std::int64_t>(upload.reader->user))
        .Bind(std::span<const std::uint8_t>(groups));
  } else {
    put.BindNull().BindNull();
  }
  Status done = put.Bind(BytesOf(change.job)).Run();
  if (done && database.Changes() == 0)
    return Fail(HResult::kNotFound, "There is no such job for its upload.");
  return done;
}

Status LoadUploads(Database& database, std::vector<Job>& jobs, const Places& places) {
  return LoadJobRows(database, kUploads, jobs, places, ReadUploadInto);
}

}  // namespace engine::store
