#include <nlohmann/json.hpp>

#include "provider/bitsctl/output.h"

namespace bitsctl {
namespace {

using nlohmann::json;

json OrNull(const std::optional<std::uint64_t>& value) { return value ? json(*value) : json(); }

json OrNull(const std::optional<TimePoint>& time) { return time ? json(FormatTime(time)) : json(); }

json ValueOf(const wsman::Element& element) {
  if (element.nil) return nullptr;
  return element.children.empty() ? json(element.text) : ToJson(element);
}

}  // namespace

json ToJson(const FileView& file) {
  return {{"remote_url", file.remote_url},
          {"local_file", file.local_file},
          {"bytes_total", OrNull(file.bytes_total)},
          {"bytes_transferred", file.bytes_transferred},
          {"completed", file.completed}};
}

json ToJson(const JobView& job) {
  json files = json::array();
  for (const FileView& file : job.files) files.push_back(ToJson(file));
  return {{"job_id", job.id},
          {"display_name", job.name},
          {"description", job.description},
          {"owner", job.owner},
          {"state", engine::NameOf(job.state)},
          {"priority", PriorityName(job.priority)},
          {"minimum_retry_delay", job.retry_delay_s},
          {"no_progress_timeout", job.no_progress_timeout_s},
          {"transient_error_count", job.error_count},
          {"bytes_total", OrNull(job.bytes_total)},
          {"bytes_transferred", job.bytes_transferred},
          {"files_total", job.files_total},
          {"files_transferred", job.files_transferred},
          {"created", OrNull(job.created)},
          {"modified", OrNull(job.modified)},
          {"transferred", OrNull(job.transferred)},
          {"files", std::move(files)}};
}

json ToJson(const JobErrorView& error) {
  return {{"code", error.code},
          {"name", CodeText(error.code)},
          {"text", error.text},
          {"context", error.context},
          {"context_text", error.context_text}};
}

json ToJson(const wsman::Element& element) {
  json object = json::object();
  for (const wsman::Element& child : element.children) {
    if (!object.contains(child.name)) {
      object[child.name] = ValueOf(child);
      continue;
    }
    json& present = object[child.name];
    if (!present.is_array()) present = json::array({std::move(present)});
    present.push_back(ValueOf(child));
  }
  return object;
}

std::string Dump(const json& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace bitsctl
