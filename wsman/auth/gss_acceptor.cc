#include "wsman/auth/gss_acceptor.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "schema/cim.h"
#include "wsman/auth/gss_status.h"
#include "wsman/auth/gss_ticket.h"

namespace wsman::auth::gss {
namespace {

using ntlm::BindingPolicy;

template <typename T>
using Expected = tl::expected<T, std::string>;

tl::unexpected<std::string> Refuse(std::string text) { return tl::unexpected(std::move(text)); }

struct FreeKeys {
  void operator()(gss_buffer_set_t keys) const {
    OM_uint32 minor = 0;
    gss_release_buffer_set(&minor, &keys);  // overwrites them first
  }
};
using KeySet = std::unique_ptr<std::remove_pointer_t<gss_buffer_set_t>, FreeKeys>;

struct Handshake {
  ContextHandle context;
  Name client;
  OM_uint32 flags = 0;
  OM_uint32 lifetime = 0;
  std::string token;
};

Expected<Handshake> TakeToken(const Credential& credential, const AcceptorOptions& options,
                              std::string_view token) {
  // A client that sends no binding passes, whatever is expected; one that binds
  // to anything fails where there is nothing to bind to.
  const std::string expected = options.binding.value_or("no channel");
  gss_channel_bindings_struct bindings{};
  bindings.application_data = Input(expected);
  gss_buffer_desc input = Input(token);
  gss_ctx_id_t raw_context = GSS_C_NO_CONTEXT;
  gss_name_t raw_client = GSS_C_NO_NAME;
  Buffer output;
  Handshake handshake;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_accept_sec_context(
      &minor, &raw_context, credential.handle(), &input,
      options.binding_policy == BindingPolicy::kNone ? GSS_C_NO_CHANNEL_BINDINGS : &bindings,
      &raw_client, nullptr, output.Out(), &handshake.flags, &handshake.lifetime, nullptr);
  handshake.context.reset(raw_context);
  handshake.client.reset(raw_client);
  handshake.token = output.View();
  if (GSS_ERROR(major)) return Refuse(StatusText(major, minor));
  if (major != GSS_S_COMPLETE) return Refuse("the login needs more tokens than Kerberos has");
  return handshake;
}

// A key of the keytab may be shared by all services of the machine; a ticket
// for one of the others was not meant for us.
bool IsOurService(std::string_view principal) {
  const std::string_view service = principal.substr(0, principal.find('/'));
  return service.size() < principal.size() &&
         (schema::EqualsIgnoreCase(service, "HTTP") || schema::EqualsIgnoreCase(service, "WSMAN"));
}

Expected<void> CheckService(gss_ctx_id_t context) {
  gss_name_t raw = GSS_C_NO_NAME;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_inquire_context(&minor, context, nullptr, &raw, nullptr, nullptr,
                                              nullptr, nullptr, nullptr);
  const Name service(raw);
  if (GSS_ERROR(major) || !service) return Refuse(StatusText(major, minor));
  if (!IsOurService(DisplayName(service.get()))) {
    return Refuse("the ticket is neither for HTTP/ nor for WSMAN/");
  }
  return {};
}

// The type is the last number of the key's object identifier.
Expected<void> CheckMessageKey(gss_ctx_id_t context) {
  gss_buffer_set_t raw = GSS_C_NO_BUFFER_SET;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_inquire_sec_context_by_oid(&minor, context, GSS_C_INQ_SSPI_SESSION_KEY, &raw);
  const KeySet keys(raw);
  if (GSS_ERROR(major)) return Refuse(StatusText(major, minor));
  if (!keys || keys->count < 2 || keys->elements[1].length == 0) return Refuse("there is no key");
  const gss_buffer_desc& oid = keys->elements[1];
  if (!IsAes(static_cast<const std::uint8_t*>(oid.value)[oid.length - 1])) {
    return Refuse("messages would not be sealed with AES");
  }
  return {};
}

Expected<void> CheckFlags(const AcceptorOptions& options, OM_uint32 flags) {
  constexpr OM_uint32 kSealing = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
  if ((flags & GSS_C_ANON_FLAG) != 0) return Refuse("the client is anonymous");
  if (options.sealing_required && (flags & kSealing) != kSealing) {
    return Refuse("the client does not want its messages sealed");
  }
  if (options.binding_policy == BindingPolicy::kStrict && options.binding &&
      (flags & GSS_C_CHANNEL_BOUND_FLAG) == 0) {
    return Refuse("the client did not bind to the TLS channel");
  }
  return {};
}

}  // namespace

Expected<Accepted> Accept(const Credential& credential, const AcceptorOptions& options,
                          std::string_view token) {
  if (!HasAesTicket(token)) return Refuse("the ticket is not encrypted with AES");
  Expected<Handshake> handshake = TakeToken(credential, options, token);
  if (!handshake) return tl::unexpected(handshake.error());
  if (auto flags = CheckFlags(options, handshake->flags); !flags) {
    return tl::unexpected(flags.error());
  }
  if (auto service = CheckService(handshake->context.get()); !service) {
    return tl::unexpected(service.error());
  }
  if (auto key = CheckMessageKey(handshake->context.get()); !key) {
    return tl::unexpected(key.error());
  }
  if (!handshake->client) return Refuse("the ticket names nobody");
  return Accepted{.principal = DisplayName(handshake->client.get()),
                  .session = Session(std::move(handshake->context)),
                  .lifetime = std::chrono::seconds(handshake->lifetime),
                  .token = std::move(handshake->token)};
}

}  // namespace wsman::auth::gss
