// Kerberos behind Negotiate or by itself (RFC 4121), as the client: with the
// tickets that kinit or a login left in the credential cache.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wsman/auth/spnego.h"
#include "wsman/auth/spnego_initiator.h"

namespace wsman::client {

struct KerberosError {
  enum class Reason {
    kNoTicket,   // there is none, it has expired, or it is somebody else's
    kClockSkew,  // the clocks of this machine and the other side differ too much
    kOther,      // the KDC does not know the host, cannot be reached, ...
  };
  Reason reason = Reason::kOther;
  std::string text;  // one sentence for people, without full stop
};

// Mutual authentication is demanded: the handshake fails unless the host proves
// that it has the key of HTTP/host.
class KerberosMechanism final : public auth::ClientMechanism {
 public:
  struct Options {
    std::string host;                    // the URL's
    std::string user;                    // whose ticket it must be; empty takes any
    std::optional<std::string> binding;  // see TlsServerEndPoint; empty without TLS
  };

  // Finds the user's ticket and gets one for the host; may ask the KDC, which
  // blocks for as long as the system's krb5.conf says.
  static tl::expected<std::unique_ptr<KerberosMechanism>, KerberosError> Begin(Options options);

  ~KerberosMechanism() override;

  // "u@REALM", whose ticket is used.
  const std::string& principal() const;
  // Why the last Step failed.
  KerberosError::Reason reason() const;

  std::string_view oid() const override { return auth::spnego::kKerberosOid; }
  tl::expected<std::string, std::string> Step(std::string_view token) override;
  bool complete() const override;
  bool proven() const override { return complete(); }

  std::string Sign(std::string_view text) override;
  bool Verify(std::string_view text, std::string_view signature) override;
  tl::expected<auth::SealedText, std::string> Seal(std::string_view text) override;
  std::optional<std::string> Unseal(std::string_view sealed) override;

 private:
  class Impl;
  explicit KerberosMechanism(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman::client
