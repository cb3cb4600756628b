// bitsctl passwd: the users file of a daemon on this machine.
#include <unistd.h>

#include <iostream>

#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/terminal.h"
#include "wsman/auth/user_file.h"

namespace bitsctl {
namespace {

Result<std::string> NewPassword(const std::string& name) {
  if (::isatty(STDIN_FILENO) == 0) {
    std::string password;
    if (!std::getline(std::cin, password)) {
      return Fail(ExitCode::kUsage, "standard input has no password", "write it there as one line");
    }
    return password;
  }
  Result<std::string> password = AskPassword("New password of " + name + ": ");
  if (!password) return password;
  const Result<std::string> again = AskPassword("The same again: ");
  if (!again) return again;
  if (*again != *password) {
    return Fail(ExitCode::kUsage, "the two passwords differ", "start again");
  }
  return password;
}

}  // namespace

Done Execute(const PasswdCommand& command) {
  const Result<std::string> password = NewPassword(command.name);
  if (!password) return tl::unexpected(password.error());
  using wsman::auth::NtHashChoice;
  const auto set =
      wsman::auth::SetPassword(command.file, command.name, *password,
                               command.ntlm ? NtHashChoice::kWrite : NtHashChoice::kForget);
  if (!set) return Fail(ExitCode::kFailed, set.error());
  if (!command.groups) return {};
  const auto grouped = wsman::auth::SetGroups(command.file, command.name, *command.groups);
  if (!grouped) return Fail(ExitCode::kFailed, grouped.error());
  return {};
}

}  // namespace bitsctl
