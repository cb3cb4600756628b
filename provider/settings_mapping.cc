#include "provider/settings_mapping.h"

#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "schema/bitsd_classes.h"

namespace provider {
namespace {

using engine::JobSettings;
using engine::SettingsChanges;
using schema::Value;

constexpr std::string_view kCustomHeaders = "CustomHeaders";
constexpr std::uint64_t kUnknownSize = std::numeric_limits<std::uint64_t>::max();

struct Reader {
  std::string_view property;
  Value (*read)(const engine::Job&, const JobSettings&);
};

Value Number(std::uint64_t number) { return number; }

Value SizeOrNull(const std::optional<std::uint64_t>& size) {
  if (!size) return std::monostate{};
  return *size;
}

Value TextOrNull(const engine::SharedText& text) {
  if (text.empty()) return std::monostate{};
  return text.ToString();
}

// As GetReplyProgress has it.
Value ReplySize(const engine::Job& job) {
  if (job.type != engine::JobType::kUploadReply) return Number(0);
  return Number(engine::ReplyOf(job).bytes_total.value_or(kUnknownSize));
}

// One row a property; those without a row are NULL.
constexpr auto kReaders = std::to_array<Reader>({
    {"JobId",
     [](const engine::Job& job, const JobSettings&) -> Value { return job.id.ToString(); }},
    {"NotifyFlags",
     [](const engine::Job&, const JobSettings& set) { return Number(set.notify_flags); }},
    {"CustomHeadersWriteOnly",
     [](const engine::Job&, const JobSettings& set) -> Value {
       return set.custom_headers_write_only;
     }},
    {"HttpMethod",
     [](const engine::Job&, const JobSettings& set) -> Value { return set.http_method; }},
    {"SecurityFlags",
     [](const engine::Job&, const JobSettings& set) { return Number(set.security_flags); }},
    {"MaximumDownloadTime",
     [](const engine::Job&, const JobSettings& set) {
       return Number(static_cast<std::uint64_t>(set.maximum_download_time.count()));
     }},
    {"MaximumDownloadSize",
     [](const engine::Job&, const JobSettings& set) {
       return SizeOrNull(set.maximum_download_size);
     }},
    {"DynamicContent",
     [](const engine::Job&, const JobSettings& set) -> Value { return set.dynamic_content; }},
    {"HighPerformance",
     [](const engine::Job&, const JobSettings& set) -> Value { return set.high_performance; }},
    {"CostFlags",
     [](const engine::Job&, const JobSettings& set) { return Number(set.cost_flags); }},
    {"Type", [](const engine::Job& job,
                const JobSettings&) { return Number(static_cast<std::uint16_t>(job.type)); }},
    {"ReplyFileName",
     [](const engine::Job& job, const JobSettings&) {
       return TextOrNull(engine::ReplyOf(job).local_name);
     }},
    {"ReplyBytesTotal", [](const engine::Job& job, const JobSettings&) { return ReplySize(job); }},
    {"ReplyBytesTransferred",
     [](const engine::Job& job, const JobSettings&) {
       return Number(engine::ReplyOf(job).bytes_transferred);
     }},
});

Value ReadProperty(std::string_view name, const engine::Job& job, const JobSettings& settings) {
  for (const Reader& reader : kReaders) {
    if (reader.property == name) return reader.read(job, settings);
  }
  return std::monostate{};
}

// The dispatcher has typed the values against the class.
void AddText(std::string_view name, std::string text, SettingsChanges& changes) {
  if (name == "ReplyFileName") {
    changes.reply_file_name = std::move(text);
  } else if (name == "HttpMethod") {
    changes.http_method = std::move(text);
  } else if (name == kCustomHeaders) {
    std::string lines = ToHeaderLines(text);
    engine::Wipe(text);
    changes.custom_headers = engine::SecretText::TakeFrom(lines);
  }
}

void AddNumber(std::string_view name, std::uint64_t number, SettingsChanges& changes) {
  const auto value = static_cast<std::uint32_t>(number);
  if (name == "NotifyFlags") changes.notify_flags = value;
  if (name == "SecurityFlags") changes.security_flags = value;
  if (name == "MaximumDownloadTime") changes.maximum_download_time = value;
  if (name == "MaximumDownloadSize") changes.maximum_download_size = number;
  if (name == "CostFlags") changes.cost_flags = value;
}

void AddFlag(std::string_view name, bool flag, SettingsChanges& changes) {
  if (name == "CustomHeadersWriteOnly") changes.custom_headers_write_only = flag;
  if (name == "DynamicContent") changes.dynamic_content = flag;
  if (name == "HighPerformance") changes.high_performance = flag;
}

}  // namespace

schema::Instance ToSettingsInstance(const engine::Job& job) {
  const JobSettings& settings = engine::SettingsOf(job);
  schema::Instance instance{&schema::BitsdJobSettings(), {}};
  for (const schema::Property& property : schema::BitsdJobSettings().properties)
    instance.values.push_back(ReadProperty(property.name, job, settings));
  return instance;
}

schema::Instance WithCustomHeaders(schema::Instance settings, const engine::SecretText& headers) {
  const schema::Property* property = schema::FindProperty(*settings.type, kCustomHeaders);
  settings.values[static_cast<std::size_t>(property - settings.type->properties.data())] =
      headers.text();
  return settings;
}

wsman::Result<SettingsChanges> ToSettingsChanges(wsman::PropertyChanges changes) {
  SettingsChanges result;
  for (wsman::PropertyChange& change : changes) {
    const std::string_view name = change.property->name;
    if (auto* text = std::get_if<std::string>(&change.value)) {
      AddText(name, std::move(*text), result);
    } else if (const auto* number = std::get_if<std::uint64_t>(&change.value)) {
      AddNumber(name, *number, result);
    } else if (const bool* flag = std::get_if<bool>(&change.value)) {
      AddFlag(name, *flag, result);
    } else {
      return wsman::Fail(
          wsman::FaultCode::kRepresentationInvalidValues,
          fmt::format("{} cannot be nil. Send a value or leave the property out.", name));
    }
  }
  return result;
}

std::string ToHeaderLines(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + 2);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.append(line).append("\r\n");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace provider
