// How users write their names.
#pragma once

#include <string>
#include <string_view>

namespace wsman::client {

struct AccountName {
  std::string user;    // "u", or "u@dom" as it was written
  std::string domain;  // of "DOM\u"; empty otherwise
};

// Takes "u", "DOM\u", ".\u" (the host's own account) and "u@dom". The last one
// keeps its domain: only the host knows where such a name ends.
AccountName ParseAccountName(std::string_view text);

// Whether a Kerberos principal ("u@REALM") is the account that `text` names. A
// domain may be the realm or its first label, as Windows has it.
bool NamesPrincipal(std::string_view text, std::string_view principal);

}  // namespace wsman::client
