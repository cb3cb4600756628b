#include "provider/job_mapping.h"

#include <array>
#include <chrono>
#include <ratio>
#include <string>
#include <vector>

#include "schema/bits_classes.h"

namespace provider {
namespace {

using engine::File;
using engine::Job;
using engine::Progress;
using engine::SharedText;
using schema::Value;

template <class Source>
struct Reader {
  std::string_view property;
  Value (*read)(const Source&);
};

// A job with the sums that several properties need, made once.
struct JobView {
  const Job& job;
  Progress progress;
};

Value Number(std::uint64_t number) { return number; }

Value Files(const JobView& view) {
  std::vector<schema::Instance> files;
  files.reserve(view.job.files.size());
  for (const File& file : view.job.files) files.push_back(ToInstance(file));
  return files;
}

Value TextOrNull(const SharedText& text) {
  if (text.empty()) return std::monostate{};
  return text.ToString();
}

// One row a property of BitsClientJob.
constexpr auto kJobReaders = std::to_array<Reader<JobView>>({
    {"JobId", [](const JobView& v) -> Value { return v.job.id.ToString(); }},
    {"DisplayName", [](const JobView& v) -> Value { return v.job.display_name.ToString(); }},
    {"Description", [](const JobView& v) { return TextOrNull(v.job.description); }},
    {"Priority",
     [](const JobView& v) { return Number(static_cast<std::uint32_t>(v.job.priority)); }},
    {"MinimumRetryDelay",
     [](const JobView& v) {
       return Number(static_cast<std::uint64_t>(v.job.minimum_retry_delay.count()));
     }},
    {"NoProgressTimeout",
     [](const JobView& v) {
       return Number(static_cast<std::uint64_t>(v.job.no_progress_timeout.count()));
     }},
    {"Files", Files},
    {"JobCreationTime", [](const JobView& v) { return Number(ToFiletime(v.job.created)); }},
    {"JobLastModificationTime",
     [](const JobView& v) { return Number(ToFiletime(v.job.modified)); }},
    {"JobCompletionTime",
     [](const JobView& v) { return Number(v.job.completed ? ToFiletime(*v.job.completed) : 0); }},
    {"BytesTotal",
     [](const JobView& v) { return Number(v.progress.bytes_total.value_or(kUnknownSize)); }},
    {"BytesTransferred", [](const JobView& v) { return Number(v.progress.bytes_transferred); }},
    {"FilesTotal", [](const JobView& v) { return Number(v.progress.files_total); }},
    {"FilesTransferred", [](const JobView& v) { return Number(v.progress.files_transferred); }},
    {"TransientErrorCount", [](const JobView& v) { return Number(v.job.error_count); }},
    {"State", [](const JobView& v) { return Number(static_cast<std::uint16_t>(v.job.state)); }},
    {"Owner", [](const JobView& v) -> Value { return v.job.owner.ToString(); }},
});

// One row a property of BitsClientFile.
constexpr auto kFileReaders = std::to_array<Reader<File>>({
    {"RemoteUrl", [](const File& f) -> Value { return f.remote_url.ToString(); }},
    {"LocalFile", [](const File& f) -> Value { return f.local_name.ToString(); }},
    {"BytesTotal", [](const File& f) { return Number(f.bytes_total.value_or(kUnknownSize)); }},
    {"BytesTransferred", [](const File& f) { return Number(f.bytes_transferred); }},
    {"Completed", [](const File& f) -> Value { return f.transferred; }},
});

// The readers in the order of the class, so that an instance costs no lookups.
template <class Source, std::size_t size>
std::vector<Value (*)(const Source&)> InOrderOf(const schema::Class& type,
                                                const std::array<Reader<Source>, size>& readers) {
  std::vector<Value (*)(const Source&)> ordered;
  for (const schema::Property& property : type.properties) {
    Value (*read)(const Source&) = [](const Source&) -> Value { return std::monostate{}; };
    for (const Reader<Source>& reader : readers) {
      if (reader.property == property.name) read = reader.read;
    }
    ordered.push_back(read);
  }
  return ordered;
}

template <class Source>
schema::Instance Read(const schema::Class& type,
                      const std::vector<Value (*)(const Source&)>& readers, const Source& source) {
  schema::Instance instance{&type, {}};
  instance.values.reserve(readers.size());
  for (const auto read : readers) instance.values.push_back(read(source));
  return instance;
}

const auto& JobReadersInOrder() {
  static const auto readers = InOrderOf<JobView>(schema::BitsClientJob(), kJobReaders);
  return readers;
}

}  // namespace

std::uint64_t ToFiletime(engine::TimePoint time) {
  using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
  constexpr std::chrono::seconds k1601To1970{11'644'473'600};
  const auto ticks = std::chrono::duration_cast<Ticks>(time.time_since_epoch()) + k1601To1970;
  return static_cast<std::uint64_t>(ticks.count());
}

std::optional<std::string_view> SidOfServiceAccount(std::uint64_t account) {
  constexpr std::array<std::string_view, 3> kSids = {"S-1-5-18", "S-1-5-19", "S-1-5-20"};
  if (account >= kSids.size()) return std::nullopt;
  return kSids[account];
}

schema::Instance ToInstance(const Job& job) {
  return Read(schema::BitsClientJob(), JobReadersInOrder(), JobView{job, job.files.progress()});
}

schema::Instance ToInstance(const Job& job, const schema::Property& property) {
  const JobView view{job, job.files.progress()};
  const schema::Class& type = schema::BitsClientJob();
  schema::Instance instance{&type, std::vector<Value>(type.properties.size())};
  for (std::size_t i = 0; i < type.properties.size(); ++i) {
    const schema::Property& present = type.properties[i];
    if (present.is_key || present.name == property.name)
      instance.values[i] = JobReadersInOrder()[i](view);
  }
  return instance;
}

schema::Instance ToInstance(const File& file) {
  static const auto readers = InOrderOf<File>(schema::BitsClientFile(), kFileReaders);
  return Read(schema::BitsClientFile(), readers, file);
}

}  // namespace provider
