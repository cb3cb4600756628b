// bitsd as a process: command line, signals, log, systemd.
#pragma once

namespace bitsd {

// What the process ends with (docs/configuration.md). The numbers of the last
// two are those of sysexits.h, which systemd prints by name.
enum class ExitCode {
  kStopped = 0,  // asked to stop, or the check or print that was asked for succeeded
  kFailed = 1,   // could not start: the log says why
  kBadCommandLine = 64,
  kBadConfig = 78,
};

// Runs the daemon until SIGTERM or SIGINT, or does what --check-config,
// --print-config, --help or --version ask. Call once, from main, before any
// thread was started.
ExitCode Run(int argc, const char* const* argv);

}  // namespace bitsd
