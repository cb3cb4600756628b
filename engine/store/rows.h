// Between rows and plain data. Reading trusts nothing: a restored or damaged
// file may hold any value in any column.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/job.h"
#include "engine/store/sqlite.h"

namespace engine::store {

// The columns in the order in which the functions below bind and read them.
inline constexpr std::string_view kSelectJobs =
    "SELECT id, guid, sequence, type, state, priority, pending, display_name, description, owner,"
    " creator, minimum_retry_delay_seconds, no_progress_timeout_seconds, error_count, error_code,"
    " error_context, error_file, error_message, created, modified, completed, request,"
    " seconds_downloading, resumed FROM job ORDER BY sequence, id";
// `request` is what the job was made by: only the insertion writes it.
inline constexpr std::string_view kUpsertJob =
    "INSERT INTO job (guid, sequence, type, state, priority, pending, display_name, description,"
    " owner, creator, minimum_retry_delay_seconds, no_progress_timeout_seconds, error_count,"
    " error_code, error_context, error_file, error_message, created, modified, completed, request,"
    " seconds_downloading, resumed) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT (guid) DO UPDATE SET sequence = excluded.sequence, type = excluded.type,"
    " state = excluded.state, priority = excluded.priority, pending = excluded.pending,"
    " display_name = excluded.display_name, description = excluded.description,"
    " owner = excluded.owner, creator = excluded.creator,"
    " minimum_retry_delay_seconds = excluded.minimum_retry_delay_seconds,"
    " no_progress_timeout_seconds = excluded.no_progress_timeout_seconds,"
    " error_count = excluded.error_count, error_code = excluded.error_code,"
    " error_context = excluded.error_context, error_file = excluded.error_file,"
    " error_message = excluded.error_message, created = excluded.created,"
    " modified = excluded.modified, completed = excluded.completed,"
    " seconds_downloading = excluded.seconds_downloading, resumed = excluded.resumed";
inline constexpr std::string_view kSelectFiles =
    "SELECT job, position, remote_url, local_name, temporary_name, bytes_total, bytes_transferred,"
    " transferred, etag, last_modified, valid, ranges FROM file ORDER BY job, position";
// Touches no row when the job is not there. Only the insertion writes the ranges.
inline constexpr std::string_view kUpsertFile =
    "INSERT INTO file (job, position, remote_url, local_name, temporary_name, bytes_total,"
    " bytes_transferred, transferred, etag, last_modified, valid, ranges)"
    " SELECT id, ?,?,?,?,?,?,?,?,?,?,? FROM job WHERE guid = ?"
    " ON CONFLICT (job, position) DO UPDATE SET remote_url = excluded.remote_url,"
    " local_name = excluded.local_name, temporary_name = excluded.temporary_name,"
    " bytes_total = excluded.bytes_total, bytes_transferred = excluded.bytes_transferred,"
    " transferred = excluded.transferred, etag = excluded.etag,"
    " last_modified = excluded.last_modified, valid = excluded.valid";

struct JobRow {
  std::int64_t id;
  Job job;  // without files
};

struct FileRow {
  std::int64_t job;  // id of the job's row
  std::uint32_t position;
  File file;
};

// BG_E_DATABASE_CORRUPT with the row and the column when a value makes no sense.
Result<JobRow> ReadJob(const Statement& row);
Result<FileRow> ReadFile(const Statement& row);

// Bind all parameters of kUpsertJob and kUpsertFile; what is bound must live
// until the statement ran. E_INVALIDARG for sizes and numbers above 2^63 - 1.
Status BindJob(Statement& statement, const Job& job);
// `ranges` is RangesBlob of the file.
Status BindFile(Statement& statement, const JobId& job, std::uint32_t position, const File& file,
                std::span<const std::uint8_t> ranges);

// The form in which ranges are stored; empty for the whole file.
std::vector<std::uint8_t> RangesBlob(const File& file);

}  // namespace engine::store
