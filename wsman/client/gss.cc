#include "wsman/client/gss.h"

namespace wsman::client::gss {
namespace {

// The first message for a status; those that follow are less specific.
std::string Message(OM_uint32 status, int type) {
  OM_uint32 minor = 0;
  OM_uint32 more = 0;
  Buffer text;
  // The library takes the identifier by a pointer that is not to const.
  if (gss_display_status(&minor, status, type, const_cast<gss_OID>(gss_mech_krb5), &more,
                         text.Out()) != GSS_S_COMPLETE) {
    return {};
  }
  return std::string(text.View());
}

}  // namespace

void FreeCredential::operator()(gss_cred_id_t credential) const {
  OM_uint32 minor = 0;
  gss_release_cred(&minor, &credential);
}

Context::~Context() {
  OM_uint32 minor = 0;
  if (handle != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &handle, GSS_C_NO_BUFFER);
}

std::string TextOf(OM_uint32 major, OM_uint32 minor) {
  std::string text = minor != 0 ? Message(minor, GSS_C_MECH_CODE) : std::string();
  if (text.empty()) text = Message(major, GSS_C_GSS_CODE);
  while (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace wsman::client::gss
