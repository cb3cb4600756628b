// What a login is bound to the TLS connection by.
#pragma once

#include <optional>
#include <string>

struct x509_st;

namespace wsman::http {

// "tls-server-end-point:" and the hash of the server's certificate (RFC 5929).
// Empty without certificate and for those whose signature has no single hash,
// such as Ed25519's: such a channel cannot be bound to. Thread-safe.
std::optional<std::string> ServerEndPointOf(const x509_st* certificate);

}  // namespace wsman::http
