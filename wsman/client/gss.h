// GSSAPI handles of a client that free themselves, and its errors in words.
#pragma once

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <memory>
#include <string>

#include "wsman/auth/gss_status.h"

namespace wsman::client::gss {

using auth::gss::Buffer;
using auth::gss::Input;
using auth::gss::Name;

struct FreeCredential {
  void operator()(gss_cred_id_t credential) const;
};
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

// What the Kerberos library says about a failure, without full stop.
std::string TextOf(OM_uint32 major, OM_uint32 minor);

}  // namespace wsman::client::gss
