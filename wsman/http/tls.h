// The TLS settings of the HTTPS listeners: 1.2 and 1.3, forward-secret AEAD
// ciphers, no renegotiation, compression, resumption or early data.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "wsman/auth/certificate.h"
#include "wsman/auth/ntlm_crypto.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_st;

namespace wsman::http {

struct TlsFiles {
  std::filesystem::path certificate;  // PEM, the server's and its chain
  std::filesystem::path key;          // PEM, RSA of 2048 bits at least or a curve of 224
  // PEM, who may issue client certificates; empty: clients are asked for none.
  std::filesystem::path client_ca = {};
  // PEM, the revocation lists of all of them; empty: revocation is not looked at.
  std::filesystem::path client_crl = {};
};

// Immutable once loaded; safe to use from any thread.
class TlsContext {
 public:
  // The error text names the file at fault and what is wrong with it.
  static tl::expected<TlsContext, std::string> Load(const TlsFiles& files);

  // What clients bind NTLM to on connections with this certificate (RFC 5929,
  // tls-server-end-point); empty for certificates whose signature has no single
  // hash, as Ed25519.
  std::optional<auth::ntlm::Key> channel_binding() const { return channel_binding_; }
  // The same as Kerberos takes it.
  const std::optional<std::string>& server_end_point() const { return server_end_point_; }

  // The certificate of the client at the other end, verified against this
  // context's authorities and revocation lists, whichever context the connection
  // was made with: its chain, its dates, and that its extended key usage names
  // client authentication. The error text says what is wrong with it.
  tl::expected<auth::ClientCertificate, std::string> VerifyClient(ssl_st* connection) const;

  // For a library object that takes ownership of one reference.
  ssl_ctx_st* NewReference() const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  struct FreeStore {
    void operator()(x509_store_st* store) const;
  };
  explicit TlsContext(Handle context);
  tl::expected<void, std::string> AskForCertificates(const TlsFiles& files);

  Handle context_;
  std::unique_ptr<x509_store_st, FreeStore> clients_;  // null: they are asked for nothing
  std::optional<std::string> server_end_point_;
  std::optional<auth::ntlm::Key> channel_binding_;
};

}  // namespace wsman::http
