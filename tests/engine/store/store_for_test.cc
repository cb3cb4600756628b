#include "tests/engine/store/store_for_test.h"

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace engine::store {

TemporaryDirectory::TemporaryDirectory()
    : TemporaryDirectory(std::filesystem::temp_directory_path()) {}

TemporaryDirectory::TemporaryDirectory(const std::filesystem::path& parent) {
  std::string name = (parent / "bitsd-store-XXXXXX").native();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path FastParentForTest() {
  const std::filesystem::path memory = "/dev/shm";
  return access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

JobId IdForTest(std::uint64_t number) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return JobId::FromBytes(bytes);
}

Job JobForTest(std::uint64_t number) {
  return Job{.id = IdForTest(number),
             .display_name = fmt::format("job {}", number),
             .description = {},
             .owner = "S-1-5-20",
             .creator = "alice",
             .error = {},
             .created = TimePoint(std::chrono::seconds(1'700'000'000)),
             .modified = TimePoint(std::chrono::seconds(1'700'000'001)),
             .completed = {},
             .sequence = number,
             .files = {}};
}

File FileForTest(std::uint64_t number) {
  File file;
  file.remote_url = fmt::format("http://h/{}", number);
  file.local_name = fmt::format("C:\\dir\\{}", number);
  file.temporary_name = "BIT1a2b3c4d.tmp";
  file.bytes_total = (1ull << 40) + number;
  file.bytes_transferred = number;
  file.transferred = true;
  file.validators = {"W/\"x\"", "Tue, 15 Nov 1994 12:45:26 GMT"};
  return file;
}

Job FullJobForTest(std::uint64_t number) {
  Job job = JobForTest(number);
  job.type = JobType::kUploadReply;
  job.state = JobState::kTransientError;
  job.priority = Priority::kForeground;
  job.display_name = std::string("nul \0 \u00FC\U0001F600", 12);
  job.description = "description";
  job.minimum_retry_delay = std::chrono::seconds(4'294'967'295);
  job.no_progress_timeout = std::chrono::seconds(0);
  job.error_count = 4'294'967'295;
  job.error = std::make_shared<const JobError>(
      JobError{HttpError(404), ErrorContext::kRemoteFile, 1, "what the server said"});
  job.created = TimePoint(std::chrono::nanoseconds(-1));
  job.modified = TimePoint(std::chrono::nanoseconds(1'700'000'000'123'456'789));
  job.completed = TimePoint(std::chrono::nanoseconds(1));
  job.pending = Pending::kCancelling;
  job.request = "uuid:1 2";
  job.seconds_downloading = 4'294'967'295;
  job.resumed = true;
  File parts = FileForTest(2);
  parts.valid = true;
  parts.ranges = std::make_shared<const std::vector<FileRange>>(
      std::vector<FileRange>{{1ull << 40, 7}, {0, 1}, {3ull << 40, FileRange::kToEnd}});
  job.files = {FileForTest(0), FileForTest(1), File{}, std::move(parts)};
  return job;
}

Upload FullUploadForTest() {
  Upload upload;
  upload.session.id = "{7DF0354D-249B-430F-820D-3D2A9BEF4931}";
  upload.session.host = "10.0.0.1";
  upload.session.host_fallback = std::chrono::seconds(4'294'967'295);
  upload.session.host_failing_since = TimePoint(std::chrono::nanoseconds(-1));
  upload.session.source = {(1ull << 63) - 1, -1, ~0ull, ~0ull};
  upload.session.closing = true;
  upload.session.closed = true;
  upload.reply = FileForTest(3);
  upload.reader = SourceReader{4'294'967'295, {0, 4'294'967'295}};
  return upload;
}

PutJob Put(const Job& job) { return {std::make_shared<const Job>(job)}; }

std::vector<Change> PutWithFiles(const Job& job) {
  std::vector<Change> changes{Put(job)};
  for (std::uint32_t i = 0; i < job.files.size(); ++i) {
    changes.emplace_back(PutFile{job.id, i, job.files[i]});
  }
  return changes;
}

std::unique_ptr<JobStore> OpenForTest(const std::filesystem::path& file) {
  auto store = OpenSqliteStore(file);
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().message);
    std::abort();
  }
  return std::move(*store);
}

std::vector<Job> LoadForTest(const std::filesystem::path& file) {
  auto jobs = OpenForTest(file)->LoadAll();
  if (!jobs) {
    fmt::print(stderr, "{}\n", jobs.error().message);
    std::abort();
  }
  return std::move(*jobs);
}

std::string Describe(const Job& job) {
  const auto ticks = [](TimePoint time) { return time.time_since_epoch().count(); };
  std::string text = "job";
  for (const std::uint8_t byte : job.id.bytes()) text += fmt::format(" {:02X}", byte);
  text += fmt::format(" type {} state {} priority {} pending {} sequence {}\n",
                      static_cast<int>(job.type), static_cast<int>(job.state),
                      static_cast<int>(job.priority), static_cast<int>(job.pending), job.sequence);
  text += fmt::format(" '{}' '{}' '{}' '{}' '{}' {} {} {} times {} {} {}\n", job.display_name,
                      job.description, job.owner, job.creator, job.request,
                      job.minimum_retry_delay.count(), job.no_progress_timeout.count(),
                      job.error_count, ticks(job.created), ticks(job.modified),
                      job.completed ? ticks(*job.completed) : -42);
  text += fmt::format(" {} {}\n", job.seconds_downloading, job.resumed);
  if (job.error) {
    text +=
        fmt::format(" error {:X} {} {} '{}'\n", static_cast<std::uint32_t>(job.error->code),
                    static_cast<int>(job.error->context),
                    job.error->file ? static_cast<int>(*job.error->file) : -1, job.error->message);
  }
  if (job.upload) {
    const UploadSession& session = job.upload->session;
    const File& reply = job.upload->reply;
    text += fmt::format(" session '{}' '{}' {} {} {} {} {} {} {} {}\n", session.id, session.host,
                        session.host_fallback.value_or(std::chrono::seconds(-1)).count(),
                        session.host_failing_since ? ticks(*session.host_failing_since) : -42,
                        session.source.size, session.source.modified_ns, session.source.device,
                        session.source.inode, session.closing, session.closed);
    text += fmt::format(" reply '{}' '{}' '{}' {}/{} {} '{}' '{}'\n", reply.remote_url,
                        reply.local_name, reply.temporary_name, reply.bytes_transferred,
                        reply.bytes_total ? std::to_string(*reply.bytes_total) : "?",
                        reply.transferred, reply.validators.etag, reply.validators.last_modified);
    if (const auto& reader = job.upload->reader) {
      text += fmt::format(" reader {}", reader->user);
      for (const std::uint32_t group : reader->groups) text += fmt::format(" {}", group);
      text += "\n";
    }
  }
  for (const File& file : job.files) {
    text += fmt::format(" file '{}' '{}' '{}' {}/{} {} '{}' '{}'\n", file.remote_url,
                        file.local_name, file.temporary_name, file.bytes_transferred,
                        file.bytes_total ? std::to_string(*file.bytes_total) : "?",
                        file.transferred, file.validators.etag, file.validators.last_modified);
    text += fmt::format(" valid {}", file.valid);
    if (!file.ranges) continue;
    for (const FileRange& range : *file.ranges)
      text += fmt::format(" {}:{}", range.offset, range.length);
  }
  return text;
}

std::string Describe(const std::vector<Job>& jobs) {
  std::string text;
  for (const Job& job : jobs) text += Describe(job);
  return text;
}

std::string ReadFileForTest(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void WriteFileForTest(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace engine::store
