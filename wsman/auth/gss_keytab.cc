#include "wsman/auth/gss_keytab.h"

#include <fmt/format.h>
#include <krb5/krb5.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>

#include "schema/cim.h"
#include "wsman/auth/gss_ticket.h"

namespace wsman::auth::gss {
namespace {

template <typename T>
using Expected = tl::expected<T, std::string>;

struct FreeContext {
  void operator()(krb5_context context) const { krb5_free_context(context); }
};
using Context = std::unique_ptr<std::remove_pointer_t<krb5_context>, FreeContext>;

struct CloseKeytab {
  krb5_context context;
  void operator()(krb5_keytab keytab) const { krb5_kt_close(context, keytab); }
};
using Keytab = std::unique_ptr<std::remove_pointer_t<krb5_keytab>, CloseKeytab>;

std::string ErrorText(krb5_context context, krb5_error_code code) {
  const char* const message = krb5_get_error_message(context, code);
  std::string text = message;
  krb5_free_error_message(context, message);
  return text;
}

Expected<void> CheckFile(const std::filesystem::path& keytab) {
  struct stat status {};
  if (::stat(keytab.c_str(), &status) != 0) {
    return tl::unexpected(
        fmt::format("cannot open keytab {}: {}", keytab.string(), std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(fmt::format("keytab {} is not a regular file", keytab.string()));
  }
  if ((status.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0) {
    return tl::unexpected(
        fmt::format("keytab {} has mode {:04o}: whoever reads it can log in as anybody, restrict "
                    "it with chmod 640 or 600",
                    keytab.string(), status.st_mode & 07777U));
  }
  return {};
}

bool OpensOurTickets(const krb5_keytab_entry& entry) {
  if (entry.principal->length < 2 || !IsAes(entry.key.enctype)) return false;
  const krb5_data& first = entry.principal->data[0];
  const std::string_view service(first.data, first.length);
  constexpr auto kServices = std::to_array<std::string_view>({"HTTP", "WSMAN", "host"});
  return std::any_of(kServices.begin(), kServices.end(), [service](std::string_view known) {
    return schema::EqualsIgnoreCase(service, known);
  });
}

// Whether one of the entries opens our tickets; fails when there is none to read.
Expected<bool> SearchEntries(krb5_context context, krb5_keytab keytab) {
  krb5_kt_cursor cursor{};
  krb5_error_code code = krb5_kt_start_seq_get(context, keytab, &cursor);
  if (code != 0) return tl::unexpected(ErrorText(context, code));
  bool found = false;
  krb5_keytab_entry entry{};
  while ((code = krb5_kt_next_entry(context, keytab, &entry, &cursor)) == 0) {
    found = found || OpensOurTickets(entry);
    krb5_free_keytab_entry_contents(context, &entry);
  }
  krb5_kt_end_seq_get(context, keytab, &cursor);
  if (code != KRB5_KT_END) return tl::unexpected(ErrorText(context, code));
  return found;
}

}  // namespace

Expected<void> CheckKeytab(const std::filesystem::path& keytab) {
  if (auto file = CheckFile(keytab); !file) return file;
  krb5_context raw_context = nullptr;
  if (const krb5_error_code code = krb5_init_context(&raw_context); code != 0) {
    return tl::unexpected(
        fmt::format("Kerberos cannot start, see krb5.conf: {}", ErrorText(nullptr, code)));
  }
  const Context context(raw_context);
  krb5_keytab raw_keytab = nullptr;
  const std::string name = "FILE:" + keytab.string();
  if (const krb5_error_code code = krb5_kt_resolve(context.get(), name.c_str(), &raw_keytab);
      code != 0) {
    return tl::unexpected(
        fmt::format("cannot open keytab {}: {}", keytab.string(), ErrorText(context.get(), code)));
  }
  const Keytab opened(raw_keytab, CloseKeytab{context.get()});
  const Expected<bool> found = SearchEntries(context.get(), opened.get());
  if (!found) {
    return tl::unexpected(fmt::format("cannot read keytab {}: {}", keytab.string(), found.error()));
  }
  if (!*found) {
    return tl::unexpected(
        fmt::format("keytab {} holds no AES key of HTTP/, WSMAN/ or host/ with this machine's "
                    "name; add one with ktadd, ipa-getkeytab or adcli",
                    keytab.string()));
  }
  return {};
}

}  // namespace wsman::auth::gss
