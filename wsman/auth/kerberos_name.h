// Under which name a Kerberos caller is known here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsman::auth {

// The principal's own name, "alice@EXAMPLE.COM", or "alice" when the realm is
// exactly `local_realm`. The realm stays with services and machines
// ("host/web@EXAMPLE.COM"), so that none can pass for a user. Empty for names
// that the users file could not hold either (user_file.h), which includes all
// that Kerberos writes with a backslash, and for WELLKNOWN/… ones.
std::optional<std::string> NameOfPrincipal(std::string_view principal,
                                           std::string_view local_realm);

}  // namespace wsman::auth
