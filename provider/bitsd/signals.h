// Signals as values. main is the only thread that waits for them.
#pragma once

#include <csignal>

namespace bitsd {

// SIGTERM, SIGINT and SIGHUP are blocked from construction on, in the calling
// thread and all that it starts afterwards; SIGPIPE is ignored.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next one.
  int Wait() const;

 private:
  sigset_t set_;
};

}  // namespace bitsd
