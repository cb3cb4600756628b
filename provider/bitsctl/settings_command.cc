#include "provider/bitsctl/settings_command.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/output.h"

namespace bitsctl {
namespace {

enum class Kind { kText, kNumber, kBits, kSize, kFlag, kHeaders, kType, kReplySize };

// A property with how it is called, and the option that changes it.
struct Row {
  std::string_view property;
  std::string_view label;
  std::string_view key;  // in JSON
  Kind kind;
  const char* option = nullptr;
  const char* help = "";
};

constexpr auto kRows = std::to_array<Row>({
    {"JobId", "Job", "job_id", Kind::kText},
    {"NotifyFlags", "Notify flags", "notify_flags", Kind::kBits, "--notify-flags",
     "Which changes are events: 1 transferred, 2 error, 4 none, 8 any"},
    {"CustomHeaders", "Custom headers", "custom_headers", Kind::kHeaders},
    {"CustomHeadersWriteOnly", "Headers write-only", "custom_headers_write_only", Kind::kFlag},
    {"HttpMethod", "HTTP method", "http_method", Kind::kText, "--http-method",
     "Instead of GET; before the job is started"},
    {"SecurityFlags", "Security flags", "security_flags", Kind::kBits, "--security-flags",
     "How certificates are verified and redirects followed"},
    {"MaximumDownloadTime", "Maximum time", "maximum_download_time", Kind::kNumber,
     "--max-download-time", "Seconds that the job may transfer"},
    {"MaximumDownloadSize", "Maximum size", "maximum_download_size", Kind::kSize,
     "--max-download-size", "Bytes that the job may download, or none"},
    {"DynamicContent", "Dynamic content", "dynamic_content", Kind::kFlag, "--dynamic-content",
     "true for content of unknown size that cannot be resumed"},
    {"HighPerformance", "High performance", "high_performance", Kind::kFlag, "--high-performance",
     "true to write straight into the destination"},
    {"CostFlags", "Cost flags", "cost_flags", Kind::kBits, "--cost-flags",
     "For hosts with metered networks"},
    {"Type", "Type", "type", Kind::kType},
    {"ReplyFileName", "Reply file", "reply_file", Kind::kText, "--reply-file",
     "Where the reply to the upload goes, on the host"},
    {"ReplyBytesTotal", "Reply size", "reply_bytes_total", Kind::kReplySize},
    {"ReplyBytesTransferred", "Reply bytes", "reply_bytes_transferred", Kind::kNumber},
});

constexpr std::string_view kGetReplyData = "GetReplyData";

constexpr std::string_view kNoLimit = "18446744073709551615";

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Decimal of "0x1F" or "31".
std::optional<std::string> BitsText(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) {
    if (IsDigits(text)) return std::string(text);
    return std::nullopt;
  }
  std::uint32_t bits = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + 2, last, bits, 16);
  if (error != std::errc{} || end != last) return std::nullopt;
  return std::to_string(bits);
}

// What the host is sent for a value on the command line.
std::optional<std::string> WireText(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::kBits:
      return BitsText(text);
    case Kind::kSize:
      if (text == "none") return std::string(kNoLimit);
      [[fallthrough]];
    case Kind::kNumber:
      return IsDigits(text) ? std::optional(text) : std::nullopt;
    case Kind::kFlag:
      return text == "true" || text == "false" ? std::optional(text) : std::nullopt;
    case Kind::kText:
    case Kind::kHeaders:
    case Kind::kType:
    case Kind::kReplySize:
      break;
  }
  return text;
}

std::string Explain(Kind kind) {
  switch (kind) {
    case Kind::kBits:
      return "must be a number such as 10 or 0xA";
    case Kind::kSize:
      return "must be a number of bytes or none";
    case Kind::kFlag:
      return "must be true or false";
    case Kind::kNumber:
    case Kind::kText:
    case Kind::kHeaders:
    case Kind::kType:
    case Kind::kReplySize:
      break;
  }
  return "must be a number";
}

// The numbers of types and of sizes that nobody knows yet as words.
std::optional<std::string> Words(Kind kind, const std::optional<std::string>& value) {
  constexpr std::array<std::string_view, 3> kTypes = {"download", "upload", "upload-reply"};
  if (kind == Kind::kReplySize && value == kNoLimit) return "unknown";
  if (kind != Kind::kType || !value || value->size() != 1) return value;
  const auto type = static_cast<std::size_t>(value->front() - '0');
  return type < kTypes.size() ? std::optional(std::string(kTypes[type])) : value;
}

std::vector<std::string> HeaderLines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

std::string Line(std::string_view label, std::string_view value) {
  return fmt::format("{:<20} {}\n", label.empty() ? "" : fmt::format("{}:", label),
                     Printable(value));
}

std::string HeadersText(std::string_view label, const std::optional<std::string>& headers) {
  if (!headers) return Line(label, "-");
  std::string text;
  for (const std::string& line : HeaderLines(*headers))
    text += Line(text.empty() ? label : "", line);
  return text.empty() ? Line(label, "-") : text;
}

// What CLI11 fills for one verb; lives as long as its callback.
struct Input {
  std::string job, first, second;
  bool write_only = false;
  std::vector<std::string> settings = std::vector<std::string>(kRows.size());
};
using Verb = std::function<SettingsCommand(const Input&)>;
using Take = std::function<void(SettingsCommand)>;

struct Added {
  CLI::App* verb;
  std::shared_ptr<Input> input;
};

Added Add(CLI::App& app, const Take& take, const std::string& name, const std::string& description,
          Verb make) {
  auto input = std::make_shared<Input>();
  CLI::App* verb = app.add_subcommand(name, description);
  verb->add_option("JOB", input->job)->required();
  verb->callback([take, input, make = std::move(make)] { take(make(*input)); });
  return {verb, input};
}

void AddSettings(CLI::App& app, const Take& take) {
  const auto given = std::make_shared<std::vector<const CLI::Option*>>(kRows.size());
  const Added added =
      Add(app, take, "settings", "Show or change more settings of a job", [given](const Input& in) {
        SettingsCommand command{in.job, {}, {}, false, {}};
        for (std::size_t i = 0; i < kRows.size(); ++i) {
          const CLI::Option* option = (*given)[i];
          if (option == nullptr || option->count() == 0) continue;
          command.values.emplace_back(kRows[i].property,
                                      WireText(kRows[i].kind, in.settings[i]).value_or(""));
        }
        return command;
      });
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const Row& row = kRows[i];
    if (row.option == nullptr) continue;
    CLI::Option* option = added.verb->add_option(row.option, added.input->settings[i], row.help);
    option->check([kind = row.kind](const std::string& text) {
      return WireText(kind, text) ? std::string() : Explain(kind);
    });
    (*given)[i] = option;
  }
}

void AddHeaders(CLI::App& app, const Take& take) {
  const Added set =
      Add(app, take, "set-headers", "Add lines to the HTTP requests of a job", [](const Input& in) {
        SettingsCommand command{in.job, {}, {}, true, {}};
        if (in.write_only) command.values.emplace_back("CustomHeadersWriteOnly", "true");
        return command;
      });
  set.verb->add_flag("--write-only", set.input->write_only, "Nobody may read them, for good");
  Add(app, take, "remove-headers", "Let a job forget these lines", [](const Input& in) {
    return SettingsCommand{in.job, {}, {{"CustomHeaders", ""}}, false, {}};
  });
}

void AddFileVerbs(CLI::App& app, const Take& take) {
  const Added prefix =
      Add(app, take, "replace-prefix", "Change how the URLs of a job begin", [](const Input& in) {
        return SettingsCommand{in.job,
                               "ReplaceRemotePrefix",
                               {{"OldPrefix", in.first}, {"NewPrefix", in.second}},
                               false,
                               "change the URLs of"};
      });
  prefix.verb->add_option("OLD", prefix.input->first, "How they begin; case matters")->required();
  prefix.verb->add_option("NEW", prefix.input->second, "How they are to begin")->required();
  const auto index = [](const Added& added) {
    added.verb->add_option("FILE", added.input->first, "Which file, the first being 0")
        ->required()
        ->check([](const std::string& text) {
          return IsDigits(text) ? std::string() : Explain(Kind::kNumber);
        });
  };
  const Added reply = Add(
      app, take, "set-reply-file", "Say where the reply to an upload goes", [](const Input& in) {
        return SettingsCommand{in.job, {}, {{"ReplyFileName", in.first}}, false, {}};
      });
  reply.verb->add_option("FILE", reply.input->first, "Path on the host")->required();
  Add(app, take, "reply-data", "Print the reply to an upload before it is completed",
      [](const Input& in) {
        return SettingsCommand{in.job, std::string(kGetReplyData), {}, false, {}};
      });
  const Added url =
      Add(app, take, "set-url", "Change the URL of a file of a job", [](const Input& in) {
        return SettingsCommand{in.job,
                               "SetRemoteName",
                               {{"FileIndex", in.first}, {"RemoteUrl", in.second}},
                               false,
                               "change a URL of"};
      });
  index(url);
  url.verb->add_option("URL", url.input->second, "Where to download it from")->required();
  const Added valid =
      Add(app, take, "set-validation", "Say whether a finished file is right", [](const Input& in) {
        return SettingsCommand{in.job,
                               "SetValidationState",
                               {{"FileIndex", in.first}, {"Valid", in.second}},
                               false,
                               "validate a file of"};
      });
  index(valid);
  valid.verb->add_option("VALID", valid.input->second, "true, or false to download it again")
      ->required()
      ->check(CLI::IsMember({"true", "false"}));
}

// Not arguments: those are for every user of the machine to read.
Result<std::string> ReadHeaders(Context& context) {
  if (::isatty(STDIN_FILENO) != 0)
    context.err << "Name: value lines, then Ctrl-D on a line of its own:\n";
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  if (HeaderLines(text).empty())
    return Fail(ExitCode::kUsage, "standard input has no header",
                "write Name: value lines there, or use 'bitsctl remove-headers'");
  return text;
}

Done CallMethod(const SettingsCommand& command, const std::string& id, Context& context) {
  const Result<std::uint32_t> code =
      Jobs(context.service)
          .CallSettings(command.method, id, command.values,
                        fmt::format("{} job {}", command.action, id));
  if (!code) return tl::unexpected(code.error());
  if (*code != 0)
    context.err << fmt::format("bitsctl: job {}: {} [{}]\n", id,
                               engine::TextOf(static_cast<engine::HResult>(*code)),
                               CodeText(*code));
  return {};
}

Done PrintReply(const std::string& id, Context& context) {
  for (std::uint64_t offset = 0;;) {
    const Result<std::string> part = Jobs(context.service).ReplyPart(id, offset);
    if (!part) return tl::unexpected(part.error());
    if (part->empty()) return {};
    context.out << *part;
    offset += part->size();
  }
}

}  // namespace

void AddSettingsVerbs(CLI::App& app, std::function<void(SettingsCommand)> take) {
  AddSettings(app, take);
  AddHeaders(app, take);
  AddFileVerbs(app, take);
}

std::string SettingsText(const Element& settings) {
  std::string text;
  for (const Row& row : kRows) {
    const auto value = wsman::client::ChildText(settings, row.property);
    if (row.kind == Kind::kHeaders) {
      text += HeadersText(row.label, value);
    } else if (row.kind == Kind::kBits && value) {
      text += Line(row.label, fmt::format("0x{:X}", NumberOf(settings, row.property).value_or(0)));
    } else {
      text += Line(row.label, Words(row.kind, value).value_or("none"));
    }
  }
  return text;
}

nlohmann::json SettingsJson(const Element& settings) {
  nlohmann::json object = nlohmann::json::object();
  for (const Row& row : kRows) {
    nlohmann::json& entry = object[std::string(row.key)];
    const auto value = Words(row.kind, wsman::client::ChildText(settings, row.property));
    if (!value || (row.kind == Kind::kReplySize && value == "unknown")) continue;
    if (row.kind == Kind::kHeaders) {
      entry = HeaderLines(*value);
    } else if (row.kind == Kind::kFlag) {
      entry = *value == "true";
    } else if (const auto number = NumberOf(settings, row.property);
               number && row.kind != Kind::kText && row.kind != Kind::kType) {
      entry = *number;
    } else {
      entry = *value;
    }
  }
  return object;
}

Done Execute(const SettingsCommand& command, Context& context) {
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.FindId(command.job);
  if (!id) return tl::unexpected(id.error());
  if (command.method == kGetReplyData) return PrintReply(*id, context);
  if (!command.method.empty()) return CallMethod(command, *id, context);
  Properties values = command.values;
  if (command.read_headers) {
    Result<std::string> headers = ReadHeaders(context);
    if (!headers) return tl::unexpected(headers.error());
    values.emplace_back("CustomHeaders", *std::move(headers));
  }
  if (!values.empty()) return jobs.ChangeSettings(*id, values);
  const Result<Element> settings = jobs.GetSettings(*id);
  if (!settings) return tl::unexpected(settings.error());
  context.out << (context.json ? Dump(SettingsJson(*settings)) + "\n" : SettingsText(*settings));
  return {};
}

}  // namespace bitsctl
