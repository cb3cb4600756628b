#include "provider/bitsctl/output.h"

#include <algorithm>
#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace bitsctl {
namespace {

using Row = std::vector<std::string>;

// Columns as wide as their widest cell; the last one is not padded.
std::string Table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      text += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    text += row.back() + "\n";
  }
  return text;
}

std::string Progress(std::uint64_t done, std::optional<std::uint64_t> total) {
  return fmt::format("{} of {}", FormatBytes(done), FormatBytes(total));
}

std::string Line(std::string_view name, std::string_view value) {
  return fmt::format("{:<18} {}\n", fmt::format("{}:", name), Printable(value));
}

std::string Lines(const wsman::Element& element, int depth) {
  std::string text;
  for (const wsman::Element& child : element.children) {
    const std::string indent(static_cast<std::size_t>(depth) * 4, ' ');
    if (!child.children.empty()) {
      text += indent + Printable(child.name) + "\n" + Lines(child, depth + 1);
    } else {
      text += fmt::format("{}{} = {}\n", indent, Printable(child.name),
                          child.nil ? "null" : Printable(child.text));
    }
  }
  return text;
}

}  // namespace

std::string FormatBytes(std::optional<std::uint64_t> bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (!bytes) return "unknown";
  if (*bytes < 1024) return fmt::format("{} B", *bytes);
  double value = static_cast<double>(*bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string FormatTime(const std::optional<TimePoint>& time) {
  if (!time) return "-";
  const std::time_t seconds = std::chrono::system_clock::to_time_t(*time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

std::string FormatPercent(std::uint64_t done, std::optional<std::uint64_t> total) {
  if (!total) return "-";
  if (done >= *total) return "100%";
  return fmt::format(
      "{}%", static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(*total)));
}

std::string JobTable(const std::vector<JobView>& jobs) {
  std::vector<Row> rows = {{"JOB", "STATE", "PRIORITY", "FILES", "DONE", "SIZE", "NAME"}};
  for (const JobView& job : jobs) {
    rows.push_back({Printable(job.id), std::string(engine::NameOf(job.state)),
                    PriorityName(job.priority),
                    fmt::format("{}/{}", job.files_transferred, job.files_total),
                    FormatPercent(job.bytes_transferred, job.bytes_total),
                    FormatBytes(job.bytes_total), Printable(job.name)});
  }
  return Table(rows);
}

std::string FileTable(const std::vector<FileView>& files) {
  std::vector<Row> rows = {{"DONE", "SIZE", "COMPLETE", "URL", "LOCAL FILE"}};
  for (const FileView& file : files) {
    rows.push_back({FormatPercent(file.bytes_transferred, file.bytes_total),
                    FormatBytes(file.bytes_total), file.completed ? "yes" : "no",
                    Printable(file.remote_url), Printable(file.local_file)});
  }
  return Table(rows);
}

std::string JobDetails(const JobView& job, const std::optional<JobErrorView>& error) {
  std::string text = Line("Job", job.id);
  text += Line("Name", job.name);
  if (!job.description.empty()) text += Line("Description", job.description);
  text += Line("State", engine::NameOf(job.state));
  text += Line("Priority", PriorityName(job.priority));
  text += Line("Owner", job.owner);
  text += Line("Bytes", fmt::format("{} ({})", Progress(job.bytes_transferred, job.bytes_total),
                                    FormatPercent(job.bytes_transferred, job.bytes_total)));
  text += Line("Files", fmt::format("{} of {}", job.files_transferred, job.files_total));
  text += Line("Created", FormatTime(job.created));
  text += Line("Modified", FormatTime(job.modified));
  text += Line("Transferred", FormatTime(job.transferred));
  text += Line("Retry delay", fmt::format("{} s", job.retry_delay_s));
  text += Line("No-progress limit", fmt::format("{} s", job.no_progress_timeout_s));
  text += Line("Error count", std::to_string(job.error_count));
  if (error) text += Line("Error", ErrorLine(*error));
  if (!job.files.empty()) text += "\n" + FileTable(job.files);
  return text;
}

std::string JobLine(const JobView& job) {
  return fmt::format("{} {} {} ({}) {}", job.id, engine::NameOf(job.state),
                     FormatPercent(job.bytes_transferred, job.bytes_total),
                     Progress(job.bytes_transferred, job.bytes_total), Printable(job.name));
}

std::string ErrorLine(const JobErrorView& error) {
  std::string text = fmt::format("{}: {}", CodeText(error.code), error.text);
  if (!error.context_text.empty()) text += fmt::format(" ({})", error.context_text);
  return Printable(text);
}

std::string ElementText(const wsman::Element& element) {
  return Printable(element.name) + "\n" + Lines(element, 1);
}

}  // namespace bitsctl
