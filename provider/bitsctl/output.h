// Jobs, files and elements as text for people and as JSON for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "provider/bitsctl/job_view.h"
#include "wsman/message.h"

namespace bitsctl {

// "12.3 MiB", "512 B"; "unknown" when empty.
std::string FormatBytes(std::optional<std::uint64_t> bytes);

// "2026-01-31T09:15:00Z"; "-" when empty.
std::string FormatTime(const std::optional<TimePoint>& time);

// "42%"; "-" while the size is unknown. 100% only when every byte is there.
std::string FormatPercent(std::uint64_t done, std::optional<std::uint64_t> total);

// Tables with a heading line; every line ends in a line break.
std::string JobTable(const std::vector<JobView>& jobs);
std::string FileTable(const std::vector<FileView>& files);

// "Name: value" lines of one job with its files and, when given, its error.
std::string JobDetails(const JobView& job, const std::optional<JobErrorView>& error);

// One line: state, progress and name.
std::string JobLine(const JobView& job);

// "BG_E_HTTP_ERROR_404 0x80190194: text (context text)".
std::string ErrorLine(const JobErrorView& error);

// "Name = value" lines; children are indented below their parent.
std::string ElementText(const wsman::Element& element);

// Unknown sizes and times are null, times ISO 8601 in UTC, states and
// priorities words.
nlohmann::json ToJson(const JobView& job);
nlohmann::json ToJson(const FileView& file);
nlohmann::json ToJson(const JobErrorView& error);
// Children by name: texts, null for nil, arrays for repeated names.
nlohmann::json ToJson(const wsman::Element& element);

// Bytes that are not UTF-8 become U+FFFD.
std::string Dump(const nlohmann::json& value, int indent = 2);

}  // namespace bitsctl
