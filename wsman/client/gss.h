// GSSAPI handles that free themselves, and its errors in words.
#pragma once

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <memory>
#include <string>
#include <string_view>

namespace wsman::client::gss {

struct FreeName {
  void operator()(gss_name_t name) const;
};
struct FreeCredential {
  void operator()(gss_cred_id_t credential) const;
};
using Name = std::unique_ptr<gss_name_struct, FreeName>;
using Credential = std::unique_ptr<gss_cred_id_struct, FreeCredential>;

// A security context while it is made and afterwards.
class Context {
 public:
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  gss_ctx_id_t handle = GSS_C_NO_CONTEXT;
};

// Bytes that the library allocated.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  std::string_view bytes() const { return {static_cast<const char*>(value.value), value.length}; }

  gss_buffer_desc value{0, nullptr};
};

// The library reads the bytes only, though its types do not say so.
gss_buffer_desc View(std::string_view bytes);

// What the Kerberos library says about a failure, without full stop.
std::string TextOf(OM_uint32 major, OM_uint32 minor);

}  // namespace wsman::client::gss
