#include "provider/bitsctl/command_line.h"

#include <algorithm>
#include <sstream>

#include <CLI/CLI.hpp>

#include "provider/bitsctl/uri_alias.h"
#include "schema/cim.h"

#ifndef BITSCTL_VERSION
#error "BITSCTL_VERSION must be the version of the project"
#endif

namespace bitsctl {
namespace {

using engine::JobType;
using wsman::client::AuthMode;

constexpr std::string_view kFooter =
    "JOB is a job's GUID, with or without braces, or its name when only one job has it.\n"
    "Exit codes: 0 done, 1 failed, 2 usage, 3 no connection, 4 refused, 5 no such job.";

// Where CLI11 puts what it reads; the chosen command is taken from here.
struct Storage {
  CommandLine line;
  double timeout_s = 0;
  std::string auth = "auto";
  CreateCommand create;
  std::string priority;
  std::string service_account;
  AddCommand add;
  GetCommand get;
  bool is_upload = false;
  bool is_upload_reply = false;
  double interval_s = 0;
  std::string state;
  ShowCommand show;
  FilesCommand files;
  ActionCommand action;
  SetCommand set;
  std::string set_name;
  std::string set_description;
  std::uint32_t retry_delay = 0;
  std::uint32_t no_progress_timeout = 0;
  ErrorCommand error;
  WatchCommand watch;
  PasswdCommand passwd;
  std::vector<std::string> groups;
  WsmanCommand wsman;
  std::vector<std::string> selectors;
  std::vector<std::string> values;
};

std::chrono::milliseconds ToMilliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

std::optional<AuthMode> ParseAuth(const std::string& text) {
  constexpr std::pair<std::string_view, AuthMode> kWays[] = {{"auto", AuthMode::kAuto},
                                                             {"negotiate", AuthMode::kNegotiate},
                                                             {"kerberos", AuthMode::kKerberos},
                                                             {"ntlm", AuthMode::kNtlm},
                                                             {"basic", AuthMode::kBasic}};
  for (const auto& [name, way] : kWays) {
    if (schema::EqualsIgnoreCase(text, name)) return way;
  }
  return std::nullopt;
}

std::string CheckPriority(const std::string& text) {
  return ParsePriority(text) ? "" : "must be foreground, high, normal or low";
}

std::string CheckState(const std::string& text) {
  return ParseState(text) ? ""
                          : "must be Queued, Connecting, Transferring, Suspended, Error, "
                            "Transient_Error or Transferred";
}

std::string CheckAuth(const std::string& text) {
  return ParseAuth(text) ? "" : "must be auto, negotiate, kerberos, ntlm or basic";
}

std::string CheckAssignment(const std::string& text) {
  return SplitAssignment(text) ? "" : "'" + text + "' is not of the form name=value";
}

// Positive and at most a year, so that it fits every clock.
constexpr double kMinSeconds = 0.001;
constexpr double kMaxSeconds = 31'536'000.0;

CLI::Option* TakeSeconds(CLI::Option* option) {
  return option->check(CLI::Range(kMinSeconds, kMaxSeconds).description(""))->type_name("SECONDS");
}

void AddGlobals(CLI::App& app, Storage& s) {
  app.add_option("--host", s.line.host,
                 "URL of the host's WS-Management service; without it this machine's, at its local "
                 "socket where there is one")
      ->envname("BITSCTL_HOST")
      ->capture_default_str();
  app.add_option("--socket", s.line.socket,
                 "Local socket of bitsd on this machine, which needs no password")
      ->envname("BITSCTL_SOCKET")
      ->type_name("PATH");
  app.add_option("--auth", s.auth, "auto (default), negotiate, kerberos, ntlm or basic")
      ->check(CheckAuth)
      ->type_name("WAY")
      ->envname("BITSCTL_AUTH");
  app.add_option("--user", s.line.user, "User name: u, DOMAIN\\u or u@domain")
      ->envname("BITSCTL_USER");
  app.add_option("--password-file", s.line.password_file,
                 "File whose first line is the password; a terminal is asked without it")
      ->envname("BITSCTL_PASSWORD_FILE");
  app.add_option("--cacert", s.line.ca_file,
                 "Certificates of the authorities to trust, PEM; the system's without it");
  app.add_flag("--allow-unencrypted", s.line.allow_unencrypted,
               "Let Basic send the password over http to another machine");
  app.add_flag("--json", s.line.json, "Print JSON");
  TakeSeconds(app.add_option(
      "--timeout", s.timeout_s,
      "When the command gives up (one request: 60; get, put, watch, subscribe: no limit)"));
}

// The flag, with the option that needs it.
CLI::Option* AddReplyOptions(CLI::App* verb, Storage& s, std::string& reply_file) {
  CLI::Option* reply = verb->add_flag("--upload-reply", s.is_upload_reply,
                                      "Upload the file and download what the server answers");
  verb->add_option("--reply-file", reply_file, "Where to, on the host; the host chooses without it")
      ->needs(reply);
  return reply;
}

JobType TypeOf(const Storage& s) {
  if (s.is_upload_reply) return JobType::kUploadReply;
  return s.is_upload ? JobType::kUpload : JobType::kDownload;
}

void AddCreate(CLI::App& app, Storage& s) {
  CLI::App* verb = app.add_subcommand("create", "Create a job and print its GUID");
  verb->add_option("NAME", s.create.job.name, "Display name")->required();
  verb->add_option("URL", s.create.job.url, "What to download, or where to upload to")->required();
  verb->add_option("LOCALFILE", s.create.job.local_file, "The file on the host")->required();
  verb->add_option("--description", s.create.job.description, "Text for people");
  verb->add_option("--priority", s.priority, "foreground, high, normal or low")
      ->check(CheckPriority);
  verb->add_flag("--start", s.create.start, "Start it at once");
  verb->add_option("--service-account", s.service_account, "system, local or network (default)")
      ->check(CLI::IsMember({"system", "local", "network"}));
  CLI::Option* upload = verb->add_flag("--upload", s.is_upload, "Upload the file");
  AddReplyOptions(verb, s, s.create.job.reply_file)->excludes(upload);
  verb->callback([&s] {
    s.create.job.type = TypeOf(s);
    if (!s.priority.empty()) s.create.job.priority = ParsePriority(s.priority);
    if (s.service_account == "system") s.create.job.service_account = 0;
    if (s.service_account == "local") s.create.job.service_account = 1;
    if (s.service_account == "network") s.create.job.service_account = 2;
    s.line.command = s.create;
  });
}

void AddGet(CLI::App& app, Storage& s) {
  CLI::App* verb = app.add_subcommand("get", "Download a file and wait until it is there");
  verb->add_option("URL", s.get.url, "What to download")->required();
  verb->add_option(
      "LOCALFILE", s.get.local_file,
      "Where to, on the host; the URL's last segment in the current folder without it");
  verb->add_option("--name", s.get.name, "Display name of the job");
  TakeSeconds(verb->add_option("--interval", s.interval_s, "From one look to the next"));
  verb->callback([&s] {
    if (s.interval_s > 0) s.get.interval = ToMilliseconds(s.interval_s);
    s.line.command = s.get;
  });
}

void AddPut(CLI::App& app, Storage& s) {
  CLI::App* verb = app.add_subcommand("put", "Upload a file and wait until it is there");
  verb->add_option("LOCALFILE", s.get.local_file, "The file on the host")->required();
  verb->add_option("URL", s.get.url, "Where to upload it to")->required();
  verb->add_option("--name", s.get.name, "Display name of the job");
  AddReplyOptions(verb, s, s.get.reply_file);
  TakeSeconds(verb->add_option("--interval", s.interval_s, "From one look to the next"));
  verb->callback([&s] {
    s.is_upload = true;
    s.get.type = TypeOf(s);
    if (s.interval_s > 0) s.get.interval = ToMilliseconds(s.interval_s);
    s.line.command = s.get;
  });
}

void AddAdd(CLI::App& app, Storage& s) {
  CLI::App* verb = app.add_subcommand("add", "Add a file to a job");
  verb->add_option("JOB", s.add.job)->required();
  verb->add_option("URL", s.add.url, "What to download")->required();
  verb->add_option("LOCALFILE", s.add.local_file, "Where to, on the host")->required();
  verb->add_option("--ranges", s.add.ranges, "Only these parts, as 0:100,2000:eof");
  verb->callback([&s] { s.line.command = s.add; });
}

void AddReaders(CLI::App& app, Storage& s) {
  CLI::App* list = app.add_subcommand("list", "List the jobs");
  list->add_option("--state", s.state, "Only jobs in this state")->check(CheckState);
  list->callback([&s] { s.line.command = ListCommand{ParseState(s.state)}; });

  CLI::App* show = app.add_subcommand("show", "Show all about a job");
  show->add_option("JOB", s.show.job)->required();
  show->callback([&s] { s.line.command = s.show; });

  CLI::App* files = app.add_subcommand("files", "List the files of a job");
  files->add_option("JOB", s.files.job)->required();
  files->callback([&s] { s.line.command = s.files; });

  CLI::App* error = app.add_subcommand("error", "Show why a job failed");
  error->add_option("JOB", s.error.job)->required();
  error->callback([&s] { s.line.command = s.error; });

  CLI::App* watch = app.add_subcommand("watch", "Print what changes until nothing will");
  watch->add_option("JOB", s.watch.job, "All jobs without it");
  TakeSeconds(watch->add_option("--interval", s.interval_s, "From one look to the next"));
  watch->callback([&s] {
    if (s.interval_s > 0) s.watch.interval = ToMilliseconds(s.interval_s);
    s.line.command = s.watch;
  });
}

void AddAction(CLI::App& app, Storage& s, JobAction action, const std::string& description) {
  CLI::App* verb = app.add_subcommand(std::string(NameOf(action)), description);
  verb->add_option("JOB", s.action.jobs)->required();
  verb->callback([&s, action] {
    s.action.action = action;
    s.line.command = s.action;
  });
}

void AddSet(CLI::App& app, Storage& s) {
  CLI::App* verb = app.add_subcommand("set", "Change properties of a job");
  verb->add_option("JOB", s.set.job)->required();
  CLI::App* values = verb->add_option_group("properties");
  values->add_option("--priority", s.priority, "foreground, high, normal or low")
      ->check(CheckPriority);
  values->add_option("--name", s.set_name, "Display name");
  values->add_option("--description", s.set_description, "Text for people");
  values->add_option("--retry-delay", s.retry_delay, "Seconds from an error to the next try");
  values->add_option("--no-progress-timeout", s.no_progress_timeout,
                     "Seconds without progress until an error is final");
  values->require_option(1, 0);
  verb->callback([&s, values] {
    const auto add = [&s, values](const char* option, const char* property, std::string value) {
      if (values->count(option) > 0) s.set.values.emplace_back(property, std::move(value));
    };
    add("--priority", "Priority", std::to_string(ParsePriority(s.priority).value_or(2)));
    add("--name", "DisplayName", s.set_name);
    add("--description", "Description", s.set_description);
    add("--retry-delay", "MinimumRetryDelay", std::to_string(s.retry_delay));
    add("--no-progress-timeout", "NoProgressTimeout", std::to_string(s.no_progress_timeout));
    s.line.command = s.set;
  });
}

void AddPasswd(CLI::App& app, Storage& s) {
  CLI::App* verb = app.add_subcommand("passwd", "Set a password in a users file of this machine");
  verb->add_option("NAME", s.passwd.name, "User name")->required();
  verb->add_option("--file", s.passwd.file, "The users file")->required();
  verb->add_option("--groups", s.groups, "Groups of the user, separated by commas")->delimiter(',');
  verb->add_flag("--ntlm", s.passwd.ntlm, "Let the user log in with NTLM (Negotiate) too");
  verb->callback([&s, verb] {
    if (verb->count("--groups") > 0) s.passwd.groups = s.groups;
    s.line.command = s.passwd;
  });
}

void TakeWsman(Storage& s, WsmanCommand::Verb verb) {
  s.wsman.verb = verb;
  s.wsman.uri = ExpandUri(s.wsman.uri);
  for (const std::string& text : s.selectors) {
    const auto selector = SplitAssignment(text);
    s.wsman.selectors.push_back({selector->first, selector->second});
  }
  for (const std::string& text : s.values) s.wsman.values.push_back(*SplitAssignment(text));
  s.line.command = s.wsman;
}

CLI::App* AddWsmanVerb(CLI::App& wsman, Storage& s, const std::string& name,
                       const std::string& description, WsmanCommand::Verb verb) {
  CLI::App* app = wsman.add_subcommand(name, description);
  app->callback([&s, verb] { TakeWsman(s, verb); });
  return app;
}

void AddUri(CLI::App* verb, Storage& s) {
  verb->add_option("URI", s.wsman.uri, "Resource URI; wmi/root/… is expanded")->required();
}

void AddSelectors(CLI::App* verb, Storage& s) {
  verb->add_option("-s,--selector", s.selectors, "Key of the instance, Name=value; repeatable")
      ->allow_extra_args(false)
      ->check(CheckAssignment);
}

void AddValues(CLI::App* verb, Storage& s) {
  verb->add_option("VALUES", s.values, "Name=value, any number of them")->check(CheckAssignment);
}

void AddWsman(CLI::App& app, Storage& s) {
  using Verb = WsmanCommand::Verb;
  CLI::App* wsman = app.add_subcommand("wsman", "WS-Management operations on any resource");
  wsman->require_subcommand(1);
  wsman->fallthrough();

  AddWsmanVerb(*wsman, s, "identify", "What the host is", Verb::kIdentify);
  CLI::App* get = AddWsmanVerb(*wsman, s, "get", "Read an instance", Verb::kGet);
  CLI::App* put = AddWsmanVerb(*wsman, s, "put", "Change properties", Verb::kPut);
  CLI::App* invoke = AddWsmanVerb(*wsman, s, "invoke", "Call a method", Verb::kInvoke);
  CLI::App* list = AddWsmanVerb(*wsman, s, "enum", "Read all instances", Verb::kEnumerate);
  CLI::App* del = AddWsmanVerb(*wsman, s, "delete", "Delete an instance", Verb::kDelete);
  CLI::App* events = AddWsmanVerb(*wsman, s, "subscribe", "Print events", Verb::kSubscribe);
  for (CLI::App* verb : {get, put, invoke, list, del, events}) AddUri(verb, s);
  for (CLI::App* verb : {get, put, invoke, del}) AddSelectors(verb, s);
  invoke->add_option("METHOD", s.wsman.method, "Name of the method")->required();
  for (CLI::App* verb : {put, invoke}) AddValues(verb, s);
  for (CLI::App* verb : {list, events}) {
    verb->add_option("--filter", s.wsman.filter, "WQL query");
  }
  for (CLI::App* verb : wsman->get_subcommands({})) verb->fallthrough();
}

void AddCommands(CLI::App& app, Storage& s) {
  AddCreate(app, s);
  AddAdd(app, s);
  AddGet(app, s);
  AddPut(app, s);
  AddReaders(app, s);
  AddAction(app, s, JobAction::kResume, "Start jobs, or start them again");
  AddAction(app, s, JobAction::kSuspend, "Stop jobs until they are resumed");
  AddAction(app, s, JobAction::kComplete, "Put the files of jobs in place and end them");
  AddAction(app, s, JobAction::kCancel, "End jobs and remove what they downloaded");
  AddSet(app, s);
  AddAccessVerbs(app, [&s](AccessCommand command) { s.line.command = std::move(command); });
  AddSettingsVerbs(app, [&s](SettingsCommand command) { s.line.command = std::move(command); });
  AddPasswd(app, s);
  AddWsman(app, s);
  for (CLI::App* verb : app.get_subcommands({})) verb->fallthrough();
}

// A word that is no command hides behind "a subcommand is required".
NothingToRun Misuse(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  const std::string what =
      unknown.empty() ? error.what() : "'" + unknown.front() + "' is not known here";
  return {ExitCode::kUsage, "bitsctl: " + Printable(what) + " - see 'bitsctl --help'\n"};
}

// Options of the target that stand on the command line itself, and not in the
// environment.
struct NamedOptions {
  bool host = false;
  bool socket = false;
  bool login = false;
};

NamedOptions NamedIn(const std::vector<std::string>& arguments) {
  const auto has = [&arguments](std::string_view option) {
    return std::ranges::any_of(arguments, [option](std::string_view argument) {
      return argument.substr(0, argument.find('=')) == option;
    });
  };
  return {.host = has("--host"),
          .socket = has("--socket"),
          .login = has("--user") || has("--auth") || has("--password-file")};
}

// The command line counts before the environment.
std::optional<NothingToRun> SettleTarget(const CLI::App& app, const NamedOptions& named,
                                         CommandLine& line) {
  line.names_host = app.count("--host") > 0;
  if (named.socket && (named.host || named.login)) {
    return NothingToRun{ExitCode::kUsage,
                        "bitsctl: --socket is a service of this machine that asks for no login - "
                        "leave out --host, --user, --auth and --password-file\n"};
  }
  if (!named.socket && (named.host || named.login)) line.socket.clear();
  return std::nullopt;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> SplitAssignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return std::make_pair(text.substr(0, equals), text.substr(equals + 1));
}

tl::expected<CommandLine, NothingToRun> ParseCommandLine(std::vector<std::string> arguments) {
  Storage storage;
  const NamedOptions named = NamedIn(arguments);
  CLI::App app("Transfer jobs of a BITS host over WS-Management", "bitsctl");
  app.footer(std::string(kFooter));
  app.set_version_flag("--version", "bitsctl " BITSCTL_VERSION);
  app.require_subcommand(1);
  AddGlobals(app, storage);
  AddCommands(app, storage);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) == 0)
      return tl::unexpected(NothingToRun{ExitCode::kOk, out.str()});
    return tl::unexpected(Misuse(app, error));
  }
  storage.line.auth = ParseAuth(storage.auth).value_or(AuthMode::kAuto);
  if (const auto misuse = SettleTarget(app, named, storage.line)) return tl::unexpected(*misuse);
  if (storage.timeout_s > 0) storage.line.timeout = ToMilliseconds(storage.timeout_s);
  return std::move(storage.line);
}

}  // namespace bitsctl
