#include "provider/bitsctl/failure.h"

#include <array>

#include <fmt/format.h>

#include "engine/error.h"

namespace bitsctl {
namespace {

using engine::HResult;
using wsman::client::ClientError;

struct Advice {
  HResult code;
  std::string_view text;
};

// What a user of this program can do about a code.
constexpr auto kAdvice = std::to_array<Advice>({
    {HResult::kInvalidState, "look at the job's state with 'bitsctl show'"},
    {HResult::kEmpty, "add a file that is still to be transferred with 'bitsctl add'"},
    {HResult::kInvalidArgument, "check the URL and the local file name"},
    {HResult::kPathNotFound, "create the folder on the host first, or choose another one"},
    {HResult::kAccessDenied, "choose a folder on the host that the service may write to"},
    {HResult::kDiskFull, "make room on the host, then 'bitsctl resume' the job"},
    {HResult::kStringTooLong, "use at most 256 characters for a name, 1024 for a description"},
    {HResult::kTooManyJobsPerUser, "complete or cancel jobs that are no longer needed"},
    {HResult::kTooManyJobsPerMachine, "complete or cancel jobs that are no longer needed"},
    {HResult::kTooManyFilesInJob, "spread the files over several jobs"},
});

std::string_view AdviceFor(std::uint32_t code) {
  for (const Advice& row : kAdvice) {
    if (static_cast<std::uint32_t>(row.code) == code) return row.text;
  }
  return {};
}

// Facility WINRM: numbers of WS-Management, not of BITS.
bool IsWsmanCode(std::uint32_t code) { return (code & 0x1FFF0000u) == 0x00330000u; }

std::string WithoutFullStop(std::string text) {
  while (text.ends_with('.')) text.pop_back();
  return text;
}

ExitCode ExitOf(const ClientError& error) {
  switch (error.kind) {
    case ClientError::Kind::kConnect:
    case ClientError::Kind::kTls:
    case ClientError::Kind::kUntrusted:
      return ExitCode::kNoConnection;
    case ClientError::Kind::kUnauthorized:
      return ExitCode::kRefused;
    case ClientError::Kind::kFault:
      if (error.subcode == "AccessDenied") return ExitCode::kRefused;
      return error.subcode == "DestinationUnreachable" ? ExitCode::kNoSuchJob : ExitCode::kFailed;
    case ClientError::Kind::kHttp:
    case ClientError::Kind::kProtocol:
      break;
  }
  return ExitCode::kFailed;
}

std::string_view AdviceOf(ClientError::Login login) {
  switch (login) {
    case ClientError::Login::kNoCredentials:
      return "give --user, or get a Kerberos ticket with 'kinit'";
    case ClientError::Login::kNoTicket:
      return "get one with 'kinit'";
    case ClientError::Login::kClockSkew:
      return "set both clocks by the same time server";
    case ClientError::Login::kKerberos:
      return "check that --host has the name that the host has in its realm";
    case ClientError::Login::kNotOffered:
      return "choose another way to log in with --auth, or set one up on the host";
    case ClientError::Login::kTicketRefused:
      return "the user may be unknown there, or the host's keytab out of date";
    case ClientError::Login::kRefused:
    case ClientError::Login::kNone:
      break;
  }
  return "check --user and --password-file";
}

std::string_view AdviceOf(const ClientError& error) {
  switch (error.kind) {
    case ClientError::Kind::kConnect:
      if (error.local) return "check that bitsd runs and has this server.local_socket";
      return "check --host, and that the service runs there";
    case ClientError::Kind::kTls:
      return "give the certificate of its authority with --cacert, and the host name that the "
             "certificate carries with --host";
    case ClientError::Kind::kUntrusted:
      return "check --host; somebody on the way may have answered instead of it";
    case ClientError::Kind::kUnauthorized:
      return AdviceOf(error.login);
    case ClientError::Kind::kFault:
      if (error.subcode == "AccessDenied" && error.local)
        return "ask its administrator for a role, or log in with --user";
      if (error.subcode == "AccessDenied") return "ask its administrator for a role";
      return AdviceFor(error.code);
    case ClientError::Kind::kHttp:
      return "check --host or --socket";
    case ClientError::Kind::kProtocol:
      break;
  }
  return {};
}

}  // namespace

Failure ToFailure(const ClientError& error) {
  Failure failure{ExitOf(error), WithoutFullStop(error.text), std::string(AdviceOf(error)), {}};
  if (error.code != 0) failure.code = error.code;
  return failure;
}

Failure ToFailure(std::uint32_t return_value, std::string_view action) {
  const std::string text = engine::TextOf(static_cast<HResult>(return_value));
  return Failure{ExitCode::kFailed, fmt::format("cannot {}: {}", action, WithoutFullStop(text)),
                 std::string(AdviceFor(return_value)), return_value};
}

std::string CodeText(std::uint32_t code) {
  const std::string number = fmt::format("0x{:08X}", code);
  if (IsWsmanCode(code)) return number;
  const std::string name = engine::NameOf(static_cast<HResult>(code));
  return name.starts_with("HRESULT") ? number : fmt::format("{} {}", name, number);
}

std::string ToText(const Failure& failure) {
  std::string text = "bitsctl: " + failure.what;
  if (!failure.advice.empty()) text += " - " + failure.advice;
  if (failure.code) text += fmt::format(" [{}]", CodeText(*failure.code));
  return Printable(text);
}

std::string Printable(std::string_view text) {
  std::string printable(text);
  for (std::size_t i = 0; i < printable.size(); ++i) {
    const auto byte = static_cast<unsigned char>(printable[i]);
    // U+0080 to U+009F are control characters too: C2 80 to C2 9F in UTF-8.
    const bool is_c1 = byte == 0xC2 && i + 1 < printable.size() &&
                       static_cast<unsigned char>(printable[i + 1]) < 0xA0;
    if (is_c1) printable[i + 1] = '?';
    if (byte < 0x20 || byte == 0x7F || is_c1) printable[i] = '?';
  }
  return printable;
}

}  // namespace bitsctl
