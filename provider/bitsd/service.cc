#include "provider/bitsd/service.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "provider/bitsd/config.h"
#include "provider/bitsd/daemon.h"
#include "provider/bitsd/signals.h"

namespace bitsd {
namespace {

struct CommandLine {
  std::string config = "/etc/bitsd/bitsd.toml";
  bool check_config = false;
  bool print_config = false;
};

// The priority prefix of sd-daemon(3), which the journal takes off again.
class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    fmt::format_to(std::back_inserter(out), "<{}>", PriorityOf(message.level));
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }

 private:
  static int PriorityOf(spdlog::level::level_enum level) {
    if (level >= spdlog::level::critical) return 2;
    if (level == spdlog::level::err) return 3;
    if (level == spdlog::level::warn) return 4;
    return level == spdlog::level::info ? 6 : 7;
  }
};

// One line a message on standard error. Under systemd the journal adds the
// time; everywhere else the line carries it.
void SetUpLog(const std::string& level) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  if (std::getenv("JOURNAL_STREAM") != nullptr)
    formatter->add_flag<PriorityFlag>('*').set_pattern("%*%v");
  else
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  auto logger =
      std::make_shared<spdlog::logger>("bitsd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

// Files are for this account alone; a core would hold passwords; every
// connection and every running transfer needs descriptors.
void SetUpProcess() {
  umask(0077);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

void Reload(Daemon& daemon) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds).c_str());
  if (const auto reloaded = daemon.Reload(); reloaded)
    spdlog::info("the TLS files were read again; a changed configuration needs a restart");
  else
    spdlog::error("nothing was reloaded and bitsd goes on as before: {}", reloaded.error());
  sd_notify(0, "READY=1");
}

void ServeUntilStopped(const Signals& signals, Daemon& daemon) {
  for (;;) {
    const int signal = signals.Wait();
    if (signal != SIGHUP) {
      spdlog::info("stopping on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      return;
    }
    Reload(daemon);
  }
}

ExitCode Serve(const Config& config) {
  SetUpProcess();
  SetUpLog(config.log_level);
  const Signals signals;
  for (const std::string& warning : config.warnings) spdlog::warn(warning);
  auto daemon = Daemon::Start(config);
  if (!daemon) {
    spdlog::error("cannot start: {}", daemon.error());
    return ExitCode::kFailed;
  }
  for (const std::string& url : (*daemon)->http_endpoints()) spdlog::info("serving {}", url);
  for (const std::string& url : (*daemon)->https_endpoints()) spdlog::info("serving {}", url);
  if (!config.server.local.empty())
    spdlog::info("serving processes of this machine at {}", config.server.local.string());
  sd_notify(0, "READY=1");
  ServeUntilStopped(signals, **daemon);
  sd_notify(0, "STOPPING=1");
  (*daemon)->Stop();
  spdlog::info("stopped");
  return ExitCode::kStopped;
}

ExitCode RunWith(const CommandLine& command_line) {
  const auto config = LoadConfig(command_line.config);
  if (!config) {
    std::cerr << "bitsd: " << config.error() << '\n';
    return ExitCode::kBadConfig;
  }
  if (command_line.print_config) {
    std::cout << PrintConfig(*config);
    return ExitCode::kStopped;
  }
  if (command_line.check_config) {
    for (const std::string& warning : config->warnings) std::cerr << "warning: " << warning << '\n';
    std::cout << command_line.config << " is valid\n";
    return ExitCode::kStopped;
  }
  return Serve(*config);
}

}  // namespace

ExitCode Run(int argc, const char* const* argv) {
  CommandLine command_line;
  CLI::App app("BITS for Linux: downloads as jobs, managed over WS-Management");
  app.set_version_flag("--version", "bitsd " BITSD_VERSION);
  app.add_option("--config", command_line.config, "the configuration file")->capture_default_str();
  auto* check =
      app.add_flag("--check-config", command_line.check_config, "read the configuration and stop");
  app.add_flag("--print-config", command_line.print_config,
               "print every setting in effect as TOML and stop")
      ->excludes(check);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kStopped : ExitCode::kBadCommandLine;
  }
  return RunWith(command_line);
}

}  // namespace bitsd
