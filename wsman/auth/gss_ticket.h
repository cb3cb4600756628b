// A look at a Kerberos login before the library takes it.
#pragma once

#include <cstdint>
#include <string_view>

namespace wsman::auth::gss {

// Whether a number of RFC 3961's registry is one of the four AES types.
bool IsAes(std::int64_t encryption_type);

// Whether the token is the first one of Kerberos (RFC 4121 section 4.1), and its
// ticket and its authenticator, and so the session key, are encrypted with AES.
// The library takes whatever the keytab has a key for.
bool HasAesTicket(std::string_view token);

}  // namespace wsman::auth::gss
