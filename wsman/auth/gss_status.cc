#include "wsman/auth/gss_status.h"

#include <gssapi/gssapi_krb5.h>

namespace wsman::auth::gss {
namespace {

void Append(std::string& text, OM_uint32 code, int type) {
  OM_uint32 next = 0;
  do {
    Buffer sentence;
    OM_uint32 minor = 0;
    if (gss_display_status(&minor, code, type, gss_mech_krb5, &next, sentence.Out()) !=
        GSS_S_COMPLETE) {
      return;
    }
    if (!text.empty()) text.append(": ");
    text.append(sentence.View());
  } while (next != 0);
}

}  // namespace

std::string StatusText(OM_uint32 major, OM_uint32 minor) {
  std::string text;
  Append(text, major, GSS_C_GSS_CODE);
  if (minor != 0) Append(text, minor, GSS_C_MECH_CODE);
  return text;
}

Buffer::~Buffer() {
  OM_uint32 minor = 0;
  gss_release_buffer(&minor, &buffer_);
}

gss_buffer_desc Input(std::string_view text) {
  return {.length = text.size(), .value = const_cast<char*>(text.data())};
}

void FreeName::operator()(gss_name_t name) const {
  OM_uint32 minor = 0;
  gss_release_name(&minor, &name);
}

std::string DisplayName(gss_name_t name) {
  Buffer text;
  OM_uint32 minor = 0;
  if (gss_display_name(&minor, name, text.Out(), nullptr) != GSS_S_COMPLETE) return {};
  return std::string(text.View());
}

}  // namespace wsman::auth::gss
