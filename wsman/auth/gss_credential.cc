#include "wsman/auth/gss_credential.h"

#include <fmt/format.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <array>
#include <utility>

#include "wsman/auth/gss_keytab.h"
#include "wsman/auth/gss_status.h"

namespace wsman::auth::gss {

void Credential::Free::operator()(gss_cred_id_struct* handle) const {
  OM_uint32 minor = 0;
  gss_release_cred(&minor, &handle);
}

tl::expected<std::unique_ptr<Credential>, std::string> Credential::Open(
    const std::filesystem::path& keytab, const std::filesystem::path& replay_cache) {
  if (auto checked = CheckKeytab(keytab); !checked) return tl::unexpected(checked.error());
  const std::string keytab_name = "FILE:" + keytab.string();
  const std::string cache_name = "file2:" + replay_cache.string();
  auto elements =
      std::to_array<gss_key_value_element_desc>({{.key = "keytab", .value = keytab_name.c_str()},
                                                 {.key = "rcache", .value = cache_name.c_str()}});
  const gss_key_value_set_desc store{.count = elements.size(), .elements = elements.data()};
  gss_OID_set_desc mechanisms{.count = 1, .elements = gss_mech_krb5};
  gss_cred_id_t raw = GSS_C_NO_CREDENTIAL;
  OM_uint32 minor = 0;
  // Without a name: whichever of the keys opens the ticket is right.
  const OM_uint32 major =
      gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, GSS_C_ACCEPT,
                            &store, &raw, nullptr, nullptr);
  if (GSS_ERROR(major)) {
    return tl::unexpected(
        fmt::format("cannot use keytab {}: {}", keytab.string(), StatusText(major, minor)));
  }
  return std::unique_ptr<Credential>(new Credential(Handle(raw)));
}

}  // namespace wsman::auth::gss
