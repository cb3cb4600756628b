// Looks at a keytab before the service depends on it.
#pragma once

#include <filesystem>
#include <string>

#include <tl/expected.hpp>

namespace wsman::auth::gss {

// Whether tickets for this service can be opened with the file: it is a regular
// file that others may not read and its group may not write, and it holds an
// AES key of HTTP/…, WSMAN/… or host/…: Active Directory gives all of them one
// key. The error text says what to change.
tl::expected<void, std::string> CheckKeytab(const std::filesystem::path& keytab);

}  // namespace wsman::auth::gss
