// Why a command did not do what it was asked, and the exit codes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "wsman/client/client.h"

namespace bitsctl {

// Part of the command's interface (docs/bitsctl.md): scripts compare them.
enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,        // the host refused, or the job ended in an error
  kUsage = 2,         // the command line cannot be carried out as it is
  kNoConnection = 3,  // not reachable, or not trusted (TLS)
  kRefused = 4,       // credentials or role
  kNoSuchJob = 5,
};

struct Failure {
  ExitCode exit = ExitCode::kFailed;
  std::string what;                   // what is wrong, without full stop
  std::string advice;                 // what to do about it; may be empty
  std::optional<std::uint32_t> code;  // HRESULT or WS-Management code of the host
};

template <class T>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> Fail(ExitCode exit, std::string what, std::string advice = {}) {
  return tl::unexpected(Failure{exit, std::move(what), std::move(advice), std::nullopt});
}

// The failure that a client error means for a command.
Failure ToFailure(const wsman::client::ClientError& error);

// A method of a job that returned a failing HRESULT. `action` completes
// "cannot …": "resume job {…}".
Failure ToFailure(std::uint32_t return_value, std::string_view action);

// "BG_E_EMPTY 0x80200003"; numbers of WS-Management itself have no name here.
std::string CodeText(std::uint32_t code);

// "bitsctl: WHAT - ADVICE [CODE]" on one line, without line break.
std::string ToText(const Failure& failure);

// Text of other people for a terminal: control characters become '?'.
std::string Printable(std::string_view text);

}  // namespace bitsctl
