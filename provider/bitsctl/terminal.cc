#include "provider/bitsctl/terminal.h"

#include <fcntl.h>
#include <pthread.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include <fmt/format.h>

namespace bitsctl {
namespace {

// A terminal whose echo is off until the object goes.
class QuietTerminal {
 public:
  QuietTerminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (fd_ < 0) return;
    if (::tcgetattr(fd_, &before_) != 0) {
      ::close(fd_);
      fd_ = -1;
      return;
    }
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  ~QuietTerminal() {
    if (fd_ < 0) return;
    ::tcsetattr(fd_, TCSAFLUSH, &before_);
    ::close(fd_);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

  bool is_open() const { return fd_ >= 0; }

  bool Write(std::string_view text) {
    return ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

  std::string ReadLine() {
    std::string line;
    char byte = 0;
    while (::read(fd_, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
    return line;
  }

 private:
  int fd_;
  termios before_{};
};

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Result<std::string> AskPassword(const std::string& prompt) {
  QuietTerminal terminal;
  if (!terminal.is_open() || !terminal.Write(prompt)) {
    return Fail(ExitCode::kUsage, "there is no terminal to ask for the password",
                "give --password-file or set BITSCTL_PASSWORD_FILE");
  }
  std::string password = terminal.ReadLine();
  terminal.Write("\n");
  return password;
}

Result<std::string> ReadPasswordFile(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string password;
  if (!std::getline(stream, password)) {
    return Fail(ExitCode::kUsage, fmt::format("cannot read a password from '{}'", file.string()),
                "its first line must be the password");
  }
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

std::chrono::steady_clock::time_point PlainClock::Now() { return std::chrono::steady_clock::now(); }

bool PlainClock::Wait(std::chrono::milliseconds duration) {
  std::this_thread::sleep_for(duration);
  return true;
}

SignalClock::SignalClock() {
  const sigset_t set = StopSignals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalClock::~SignalClock() {
  const sigset_t set = StopSignals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::chrono::steady_clock::time_point SignalClock::Now() {
  return std::chrono::steady_clock::now();
}

bool SignalClock::Wait(std::chrono::milliseconds duration) {
  const sigset_t set = StopSignals();
  timespec wait{};
  wait.tv_sec = static_cast<time_t>(duration.count() / 1000);
  wait.tv_nsec = static_cast<long>(duration.count() % 1000) * 1'000'000;
  return ::sigtimedwait(&set, nullptr, &wait) < 0;
}

}  // namespace bitsctl
