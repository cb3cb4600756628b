// Which service the commands talk to.
#pragma once

#include <filesystem>
#include <string>

#include "provider/bitsctl/command_line.h"
#include "provider/bitsctl/failure.h"

namespace bitsctl {

// Where bitsd.service listens for processes of its machine.
inline constexpr char kServiceSocket[] = "/run/bitsd/bitsd.sock";

struct Target {
  std::filesystem::path socket;  // empty: the host is reached at `url`
  std::string url;
};

// A named socket, or `service_socket` where there is one and the line names
// neither a host nor how to log in; otherwise the host. Fails for a host that
// cannot be one.
Result<Target> ChooseTarget(const CommandLine& line, const std::filesystem::path& service_socket);

// Whether names of files here are names of files there.
bool IsThisMachine(const Target& target);

}  // namespace bitsctl
