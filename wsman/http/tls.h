// The TLS settings of the HTTPS listeners: 1.2 and 1.3, forward-secret AEAD
// ciphers, no renegotiation, compression, resumption or early data.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <tl/expected.hpp>

struct ssl_ctx_st;

namespace wsman::http {

// Immutable once loaded; safe to use from any thread.
class TlsContext {
 public:
  // The error text names the file at fault and what is wrong with it.
  static tl::expected<TlsContext, std::string> Load(const std::filesystem::path& certificate,
                                                    const std::filesystem::path& key);

  // For a library object that takes ownership of one reference.
  ssl_ctx_st* NewReference() const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  explicit TlsContext(Handle context) : context_(std::move(context)) {}

  Handle context_;
};

}  // namespace wsman::http
