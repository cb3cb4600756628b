#include "wsman/client/kerberos_mechanism.h"

#include <krb5/krb5.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "wsman/client/account_name.h"
#include "wsman/client/gss.h"

namespace wsman::client {
namespace {

using Reason = KerberosError::Reason;
template <class T>
using Expected = tl::expected<T, KerberosError>;

constexpr OM_uint32 kFlags = GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG |
                             GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;

gss_OID Mechanism() { return const_cast<gss_OID>(gss_mech_krb5); }

// Whether there is no ticket that can be used, rather than something wrong.
bool IsTicketMissing(OM_uint32 major, OM_uint32 minor) {
  const auto code = static_cast<krb5_error_code>(minor);
  return GSS_ROUTINE_ERROR(major) == GSS_S_NO_CRED ||
         GSS_ROUTINE_ERROR(major) == GSS_S_CREDENTIALS_EXPIRED || code == KRB5_FCC_NOFILE ||
         code == KRB5_CC_NOTFOUND || code == KRB5KRB_AP_ERR_TKT_EXPIRED;
}

KerberosError ErrorOf(OM_uint32 major, OM_uint32 minor) {
  const std::string text = gss::TextOf(major, minor);
  if (static_cast<krb5_error_code>(minor) == KRB5KRB_AP_ERR_SKEW) {
    return {Reason::kClockSkew,
            fmt::format("the clocks of this machine and the host differ too much for Kerberos ({})",
                        text)};
  }
  if (IsTicketMissing(major, minor)) {
    return {Reason::kNoTicket, fmt::format("there is no Kerberos ticket ({})", text)};
  }
  return {Reason::kOther, fmt::format("Kerberos failed ({})", text)};
}

Expected<gss::Name> ImportName(std::string_view text, gss_OID type) {
  OM_uint32 minor = 0;
  gss_buffer_desc view = gss::Input(text);
  gss_name_t name = GSS_C_NO_NAME;
  const OM_uint32 major = gss_import_name(&minor, &view, type, &name);
  if (GSS_ERROR(major)) return tl::unexpected(ErrorOf(major, minor));
  return gss::Name(name);
}

struct Login {
  gss::Credential credential;
  std::string principal;
};

// Of the principal, or of the cache's own when there is no name.
Expected<Login> Acquire(gss_name_t wanted) {
  OM_uint32 minor = 0;
  gss_OID_set_desc mechanisms{1, Mechanism()};
  gss_cred_id_t handle = GSS_C_NO_CREDENTIAL;
  OM_uint32 major = gss_acquire_cred(&minor, wanted, GSS_C_INDEFINITE, &mechanisms, GSS_C_INITIATE,
                                     &handle, nullptr, nullptr);
  gss::Credential credential(handle);
  if (GSS_ERROR(major)) return tl::unexpected(ErrorOf(major, minor));
  // Only this looks into the cache.
  gss_name_t owner = GSS_C_NO_NAME;
  OM_uint32 lifetime = 0;
  major = gss_inquire_cred(&minor, handle, &owner, &lifetime, nullptr, nullptr);
  const gss::Name name(owner);
  if (GSS_ERROR(major)) return tl::unexpected(ErrorOf(major, minor));
  if (lifetime == 0) {
    return tl::unexpected(KerberosError{Reason::kNoTicket, "the Kerberos ticket has expired"});
  }
  gss::Buffer text;
  major = gss_display_name(&minor, owner, text.Out(), nullptr);
  if (GSS_ERROR(major)) return tl::unexpected(ErrorOf(major, minor));
  return Login{std::move(credential), std::string(text.View())};
}

// A cache collection may hold tickets of several people; a single cache has
// one, whose spelling may differ from the user's.
Expected<Login> AcquireFor(const std::string& user) {
  if (user.find('\\') == std::string::npos && !user.empty()) {
    const Expected<gss::Name> name =
        ImportName(user, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME));
    if (name) {
      if (Expected<Login> login = Acquire(name->get())) return login;
    }
  }
  Expected<Login> login = Acquire(GSS_C_NO_NAME);
  if (!login || user.empty() || NamesPrincipal(user, login->principal)) return login;
  return tl::unexpected(KerberosError{
      Reason::kNoTicket, fmt::format("there is no Kerberos ticket of '{}', only one of '{}'", user,
                                     login->principal)});
}

}  // namespace

class KerberosMechanism::Impl {
 public:
  Impl(Login login, gss::Name target, std::optional<std::string> binding)
      : login_(std::move(login)), target_(std::move(target)), binding_(std::move(binding)) {}

  const std::string& principal() const { return login_.principal; }
  Reason reason() const { return reason_; }
  bool complete() const { return complete_; }

  // The first token is made before anybody asks for it, as getting the host's
  // ticket is what fails most.
  Expected<void> Prepare() {
    Expected<std::string> token = Initiate({});
    if (!token) return tl::unexpected(token.error());
    first_ = *std::move(token);
    return {};
  }

  tl::expected<std::string, std::string> Step(std::string_view token) {
    if (token.empty()) return first_;
    Expected<std::string> next = Initiate(token);
    if (next) return *std::move(next);
    reason_ = next.error().reason;
    return tl::unexpected(next.error().text);
  }

  std::string Sign(std::string_view text) {
    OM_uint32 minor = 0;
    gss_buffer_desc view = gss::Input(text);
    gss::Buffer signature;
    if (GSS_ERROR(
            gss_get_mic(&minor, context_.handle, GSS_C_QOP_DEFAULT, &view, signature.Out()))) {
      return {};
    }
    return std::string(signature.View());
  }

  bool Verify(std::string_view text, std::string_view signature) {
    OM_uint32 minor = 0;
    gss_buffer_desc text_view = gss::Input(text);
    gss_buffer_desc signature_view = gss::Input(signature);
    return gss_verify_mic(&minor, context_.handle, &text_view, &signature_view, nullptr) ==
           GSS_S_COMPLETE;
  }

  // Without a trailer of its own the library rotates it to the front, which is
  // what SSPI takes (RFC 4121 section 4.2.5).
  tl::expected<auth::SealedText, std::string> Seal(std::string_view text) {
    std::string data(text);
    std::array<gss_iov_buffer_desc, 3> pieces{};
    pieces[0].type = GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE;
    pieces[1].type = GSS_IOV_BUFFER_TYPE_DATA;
    pieces[1].buffer = {data.size(), data.data()};
    pieces[2].type = GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE;
    OM_uint32 minor = 0;
    int sealed = 0;
    const OM_uint32 major =
        gss_wrap_iov(&minor, context_.handle, /*conf_req_flag=*/1, GSS_C_QOP_DEFAULT, &sealed,
                     pieces.data(), static_cast<int>(pieces.size()));
    const auto bytes = [](const gss_buffer_desc& buffer) {
      return std::string(static_cast<const char*>(buffer.value), buffer.length);
    };
    tl::expected<auth::SealedText, std::string> result;
    if (GSS_ERROR(major) || sealed == 0) {
      result = tl::unexpected(
          fmt::format("the request cannot be sealed ({})", gss::TextOf(major, minor)));
    } else {
      result = auth::SealedText{.signature = bytes(pieces[0].buffer),
                                .ciphertext = data + bytes(pieces[2].buffer)};
    }
    gss_release_iov_buffer(&minor, pieces.data(), static_cast<int>(pieces.size()));
    return result;
  }

  std::optional<std::string> Unseal(std::string_view sealed) {
    OM_uint32 minor = 0;
    gss_buffer_desc view = gss::Input(sealed);
    gss::Buffer text;
    int was_sealed = 0;
    // Anything but COMPLETE alone is a message twice or out of its order.
    const OM_uint32 major =
        gss_unwrap(&minor, context_.handle, &view, text.Out(), &was_sealed, nullptr);
    if (major != GSS_S_COMPLETE || was_sealed == 0) return std::nullopt;
    return std::string(text.View());
  }

 private:
  Expected<std::string> Initiate(std::string_view token) {
    gss_channel_bindings_struct channel{};
    if (binding_) channel.application_data = gss::Input(*binding_);
    gss_buffer_desc input = gss::Input(token);
    gss::Buffer output;
    OM_uint32 minor = 0;
    OM_uint32 flags = 0;
    const OM_uint32 major = gss_init_sec_context(
        &minor, login_.credential.get(), &context_.handle, target_.get(), Mechanism(), kFlags,
        GSS_C_INDEFINITE, binding_ ? &channel : GSS_C_NO_CHANNEL_BINDINGS,
        token.empty() ? GSS_C_NO_BUFFER : &input, nullptr, output.Out(), &flags, nullptr);
    if (GSS_ERROR(major)) return tl::unexpected(ErrorOf(major, minor));
    complete_ = major == GSS_S_COMPLETE;
    if (complete_ && (flags & kFlags) != kFlags) {
      complete_ = false;
      return tl::unexpected(KerberosError{
          Reason::kOther, "the host does not prove who it is, or cannot seal messages"});
    }
    return std::string(output.View());
  }

  const Login login_;
  const gss::Name target_;
  const std::optional<std::string> binding_;
  gss::Context context_;
  std::string first_;
  Reason reason_ = Reason::kOther;
  bool complete_ = false;
};

tl::expected<std::unique_ptr<KerberosMechanism>, KerberosError> KerberosMechanism::Begin(
    Options options) {
  Expected<Login> login = AcquireFor(options.user);
  if (!login) return tl::unexpected(login.error());
  Expected<gss::Name> target = ImportName("HTTP@" + options.host, GSS_C_NT_HOSTBASED_SERVICE);
  if (!target) return tl::unexpected(target.error());
  auto impl =
      std::make_unique<Impl>(*std::move(login), *std::move(target), std::move(options.binding));
  if (auto prepared = impl->Prepare(); !prepared) return tl::unexpected(prepared.error());
  return std::unique_ptr<KerberosMechanism>(new KerberosMechanism(std::move(impl)));
}

KerberosMechanism::KerberosMechanism(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KerberosMechanism::~KerberosMechanism() = default;

const std::string& KerberosMechanism::principal() const { return impl_->principal(); }
KerberosError::Reason KerberosMechanism::reason() const { return impl_->reason(); }
bool KerberosMechanism::complete() const { return impl_->complete(); }

tl::expected<std::string, std::string> KerberosMechanism::Step(std::string_view token) {
  return impl_->Step(token);
}
std::string KerberosMechanism::Sign(std::string_view text) { return impl_->Sign(text); }
bool KerberosMechanism::Verify(std::string_view text, std::string_view signature) {
  return impl_->Verify(text, signature);
}
tl::expected<auth::SealedText, std::string> KerberosMechanism::Seal(std::string_view text) {
  return impl_->Seal(text);
}
std::optional<std::string> KerberosMechanism::Unseal(std::string_view sealed) {
  return impl_->Unseal(sealed);
}

}  // namespace wsman::client
