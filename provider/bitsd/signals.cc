#include "provider/bitsd/signals.h"

#include <pthread.h>

#include <initializer_list>

namespace bitsd {

Signals::Signals() {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Signals::Wait() const {
  int signal = 0;
  // The only possible error is a bad set, which this is not.
  while (sigwait(&set_, &signal) != 0) {
  }
  return signal;
}

}  // namespace bitsd
