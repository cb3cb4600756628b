// Passwords of the operating system's accounts, verified by PAM.
#pragma once

#include <filesystem>
#include <string>

#include "wsman/auth/password_queue.h"

namespace wsman::auth {

struct PamOptions {
  std::string service;           // the file in /etc/pam.d
  std::filesystem::path folder;  // in place of /etc/pam.d, for tests; empty: the system's
};

// For a PasswordQueue of its own, as PAM may block. Accepts who passes the
// `auth` and the `account` stack of the service without more than one password
// being asked for: so locked and expired accounts, and passwords that have to
// be changed, are refused. Refuses whatever PAM says: an empty password, names
// that are no account of the system (AccountNames has the spellings; case
// counts), and accounts with the user id 0. Unknown names cost a hash like that
// of pam_unix. Who is accepted has no groups.
PasswordQueue::Check MakePamCheck(PamOptions options);

}  // namespace wsman::auth
