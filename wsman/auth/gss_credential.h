// The keys of this service that Kerberos tickets are opened with.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <tl/expected.hpp>

struct gss_cred_id_struct;

namespace wsman::auth::gss {

// Immutable; any number of threads may accept with it. The keytab is read with
// every handshake, so a key that is added or taken away counts at once.
class Credential {
 public:
  // `replay_cache` is a file that Kerberos creates with mode 0600 and keeps, by
  // itself, the logins of the last minutes in, also across restarts: none of
  // them is accepted twice. Its folder must exist. Fails with CheckKeytab's
  // text.
  static tl::expected<std::unique_ptr<Credential>, std::string> Open(
      const std::filesystem::path& keytab, const std::filesystem::path& replay_cache);

  gss_cred_id_struct* handle() const { return handle_.get(); }

 private:
  struct Free {
    void operator()(gss_cred_id_struct* handle) const;
  };
  using Handle = std::unique_ptr<gss_cred_id_struct, Free>;
  explicit Credential(Handle handle) : handle_(std::move(handle)) {}

  Handle handle_;
};

}  // namespace wsman::auth::gss
