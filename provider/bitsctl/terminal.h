// The terminal and the signals of this process.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "provider/bitsctl/commands.h"

namespace bitsctl {

// Asks on the controlling terminal without echo. Fails without a terminal.
Result<std::string> AskPassword(const std::string& prompt);

// The first line of a file, without its line break.
Result<std::string> ReadPasswordFile(const std::filesystem::path& file);

// Real time; signals end the process as usual.
class PlainClock : public Clock {
 public:
  std::chrono::steady_clock::time_point Now() override;
  bool Wait(std::chrono::milliseconds duration) override;
};

// Blocks SIGINT and SIGTERM for as long as it lives, and reports them in Wait.
// One at a time, made before any other thread.
class SignalClock : public Clock {
 public:
  SignalClock();
  ~SignalClock() override;
  SignalClock(const SignalClock&) = delete;
  SignalClock& operator=(const SignalClock&) = delete;

  std::chrono::steady_clock::time_point Now() override;
  bool Wait(std::chrono::milliseconds duration) override;
};

}  // namespace bitsctl
