#include "provider/bitsctl/target.h"

#include <system_error>

#include "wsman/client/url.h"

namespace bitsctl {
namespace {

// A password or a ticket is of use over the network only.
bool WantsToLogIn(const CommandLine& line) {
  return !line.user.empty() || line.auth != wsman::client::AuthMode::kAuto;
}

}  // namespace

Result<Target> ChooseTarget(const CommandLine& line, const std::filesystem::path& service_socket) {
  if (!line.socket.empty()) return Target{.socket = line.socket, .url = {}};
  std::error_code ignored;
  if (!line.names_host && !WantsToLogIn(line) &&
      std::filesystem::is_socket(service_socket, ignored)) {
    return Target{.socket = service_socket, .url = {}};
  }
  const auto url = wsman::client::ParseUrl(line.host);
  if (!url) return Fail(ExitCode::kUsage, url.error(), "correct --host");
  return Target{.socket = {}, .url = line.host};
}

bool IsThisMachine(const Target& target) {
  if (!target.socket.empty()) return true;
  const auto url = wsman::client::ParseUrl(target.url);
  return url && IsLoopback(*url);
}

}  // namespace bitsctl
