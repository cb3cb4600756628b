// bitsctl: manages the download jobs of a BITS host over WS-Management.
#include <unistd.h>

#include <iostream>
#include <optional>

#include "provider/bitsctl/command_line.h"
#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/target.h"
#include "provider/bitsctl/terminal.h"
#include "wsman/client/url.h"

namespace bitsctl {
namespace {

using wsman::client::AuthMode;

// A job with many files is larger than the 500 kB that clients ask for by default.
constexpr std::size_t kMaxEnvelopeBytes = 4 * 1024 * 1024;

constexpr std::chrono::milliseconds kRequestTimeout{60'000};

Result<std::string> PasswordOf(const CommandLine& line) {
  if (line.user.empty() || line.auth == AuthMode::kKerberos) return std::string();
  if (!line.password_file.empty()) return ReadPasswordFile(line.password_file);
  return AskPassword("Password of " + line.user + ": ");
}

wsman::client::ClientOptions CommonOptions(const CommandLine& line) {
  wsman::client::ClientOptions options;
  options.timeout = std::min(line.timeout.value_or(kRequestTimeout), kRequestTimeout);
  options.max_envelope_bytes = kMaxEnvelopeBytes;
  return options;
}

Result<wsman::client::ClientOptions> OptionsOf(const CommandLine& line, const Target& target) {
  wsman::client::ClientOptions options = CommonOptions(line);
  if (!target.socket.empty()) {
    options.socket = target.socket;
    return options;
  }
  const auto url = wsman::client::ParseUrl(line.host);
  if (line.auth == AuthMode::kBasic && !url->tls && !line.allow_unencrypted && !IsLoopback(*url)) {
    return Fail(ExitCode::kUsage, "Basic would send the password across the network in the clear",
                "use --auth negotiate or the host's https URL, or say --allow-unencrypted");
  }
  Result<std::string> password = PasswordOf(line);
  if (!password) return tl::unexpected(password.error());
  options.url = target.url;
  options.auth = line.auth;
  options.user = line.user;
  options.password = std::move(*password);
  options.ca_file = line.ca_file;
  options.allow_unencrypted = line.allow_unencrypted;
  return options;
}

Done RunOn(const CommandLine& line) {
  if (const auto* passwd = std::get_if<PasswdCommand>(&line.command)) return Execute(*passwd);
  const Result<Target> target = ChooseTarget(line, kServiceSocket);
  if (!target) return tl::unexpected(target.error());
  Result<wsman::client::ClientOptions> options = OptionsOf(line, *target);
  if (!options) return tl::unexpected(options.error());
  const std::unique_ptr<Service> service = MakeService(std::move(*options));
  // Only get has something to undo when it is interrupted.
  std::optional<SignalClock> signals;
  PlainClock plain;
  if (std::holds_alternative<GetCommand>(line.command)) signals.emplace();
  Clock& clock = signals ? static_cast<Clock&>(*signals) : plain;
  Context context{*service,
                  clock,
                  std::cout,
                  std::cerr,
                  line.json,
                  ::isatty(STDERR_FILENO) != 0,
                  IsThisMachine(*target),
                  line.timeout};
  return std::visit(
      [&context](const auto& command) -> Done {
        using Type = std::decay_t<decltype(command)>;
        if constexpr (std::is_same_v<Type, PasswdCommand>)
          return Execute(command);
        else
          return Execute(command, context);
      },
      line.command);
}

int Main(std::vector<std::string> arguments) {
  const auto line = ParseCommandLine(std::move(arguments));
  if (!line) {
    const bool is_help = line.error().exit == ExitCode::kOk;
    (is_help ? std::cout : std::cerr) << line.error().text;
    return static_cast<int>(line.error().exit);
  }
  const Done done = RunOn(*line);
  std::cout.flush();
  if (done) return std::cout ? 0 : static_cast<int>(ExitCode::kFailed);
  std::cerr << ToText(done.error()) << "\n";
  return static_cast<int>(done.error().exit);
}

}  // namespace
}  // namespace bitsctl

int main(int argc, char** argv) {
  return bitsctl::Main(std::vector<std::string>(argv + 1, argv + argc));
}
