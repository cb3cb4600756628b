// The command line as values.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "provider/bitsctl/access_command.h"
#include "provider/bitsctl/jobs.h"
#include "provider/bitsctl/settings_command.h"

namespace bitsctl {

struct CreateCommand {
  JobSpec job;
  bool start = false;
};

struct AddCommand {
  std::string job;
  std::string url;
  std::string local_file;
  std::string ranges = "";  // "0:100,2000:eof"; empty: the whole file
};

// get, and put, which goes the other way.
struct GetCommand {
  std::string url;
  std::string local_file;  // empty: the URL's last segment in the current folder
  std::string name;        // empty: the URL's last segment
  std::chrono::milliseconds interval{500};
  engine::JobType type = engine::JobType::kDownload;
  std::string reply_file = "";  // of an upload-reply; empty: the host chooses
};

struct ListCommand {
  std::optional<JobState> state;
};

struct ShowCommand {
  std::string job;
};

struct FilesCommand {
  std::string job;
};

// resume, suspend, complete, cancel.
struct ActionCommand {
  JobAction action = JobAction::kResume;
  std::vector<std::string> jobs;
};

struct SetCommand {
  std::string job;
  Properties values;
};

struct ErrorCommand {
  std::string job;
};

struct WatchCommand {
  std::string job;  // empty: all
  std::chrono::milliseconds interval{1000};
};

struct PasswdCommand {
  std::filesystem::path file;
  std::string name;
  std::optional<std::vector<std::string>> groups;
  bool ntlm = false;  // an NT hash too
};

struct WsmanCommand {
  enum class Verb { kIdentify, kGet, kPut, kInvoke, kEnumerate, kDelete, kSubscribe };
  Verb verb = Verb::kIdentify;
  std::string uri;  // full, aliases expanded
  std::string method;
  std::string filter;  // WQL
  std::vector<Selector> selectors;
  Properties values;
};

using Command = std::variant<CreateCommand, AddCommand, GetCommand, ListCommand, ShowCommand,
                             FilesCommand, ActionCommand, SetCommand, ErrorCommand, WatchCommand,
                             PasswdCommand, WsmanCommand, AccessCommand, SettingsCommand>;

struct CommandLine {
  std::string host = "http://127.0.0.1:5985/wsman";
  bool names_host = false;       // host is somebody's choice
  std::filesystem::path socket;  // a local socket; empty: none is named
  wsman::client::AuthMode auth = wsman::client::AuthMode::kAuto;
  std::string user;
  std::filesystem::path password_file;
  std::filesystem::path ca_file;
  bool allow_unencrypted = false;
  bool json = false;
  // How long the command may take: one request without it takes up to a minute,
  // and get and watch wait without limit.
  std::optional<std::chrono::milliseconds> timeout;
  Command command;
};

// What to print instead of running: help and version (kOk), or what is wrong
// with the command line (kUsage).
struct NothingToRun {
  ExitCode exit = ExitCode::kOk;
  std::string text;
};

// `arguments` without the program's name. Options that are absent are taken
// from the environment: BITSCTL_HOST, BITSCTL_SOCKET, BITSCTL_AUTH, BITSCTL_USER,
// BITSCTL_PASSWORD_FILE.
tl::expected<CommandLine, NothingToRun> ParseCommandLine(std::vector<std::string> arguments);

// "Name=value" at the first '='; empty without one or with an empty name.
std::optional<std::pair<std::string, std::string>> SplitAssignment(const std::string& text);

}  // namespace bitsctl
