// The commands: what each does with a host and prints.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>

#include "provider/bitsctl/command_line.h"
#include "provider/bitsctl/service.h"

namespace bitsctl {

// Time and interruption, as an interface so that tests need not wait.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::steady_clock::time_point Now() = 0;
  // False when the user interrupted (Ctrl-C).
  virtual bool Wait(std::chrono::milliseconds duration) = 0;
};

struct Context {
  Service& service;
  Clock& clock;
  std::ostream& out;
  std::ostream& err;
  bool json = false;
  bool interactive = false;  // `err` is a terminal: progress may rewrite its line
  bool host_is_local = false;
  std::optional<std::chrono::milliseconds> timeout;
};

using Done = Result<void>;

Done Execute(const CreateCommand& command, Context& context);
Done Execute(const AddCommand& command, Context& context);
Done Execute(const ListCommand& command, Context& context);
Done Execute(const ShowCommand& command, Context& context);
Done Execute(const FilesCommand& command, Context& context);
// Goes on after a job that failed; the first failure is returned, the others
// are printed.
Done Execute(const ActionCommand& command, Context& context);
Done Execute(const SetCommand& command, Context& context);
Done Execute(const ErrorCommand& command, Context& context);
// In access_command.cc. Asks for a password on a terminal, reads the first line
// of standard input otherwise.
Done Execute(const AccessCommand& command, Context& context);
// In settings_command.cc. Reads custom headers from standard input.
Done Execute(const SettingsCommand& command, Context& context);

// Create, start, wait, complete; get and put. The job is cancelled when it fails, when the
// time is over and when the user interrupts.
Done Execute(const GetCommand& command, Context& context);
// Ends when the job is transferred, failed or gone; without a job, when none is
// at work any more. A failed job is a failure.
Done Execute(const WatchCommand& command, Context& context);

Done Execute(const WsmanCommand& command, Context& context);
// The verb subscribe: prints events until the context's timeout, for ever
// without one, or until the host ends the subscription, which is a failure.
Done PrintEvents(const WsmanCommand& command, Context& context);

// In passwd.cc: needs no host. Asks twice on a terminal, reads the first line
// of standard input otherwise.
Done Execute(const PasswdCommand& command);

// The last segment of a URL's path; empty when it ends in '/'.
std::string FileNameOf(const std::string& url);

}  // namespace bitsctl
