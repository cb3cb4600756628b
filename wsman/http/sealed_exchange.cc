#include "wsman/http/sealed_exchange.h"

#include <optional>
#include <string_view>
#include <utility>

namespace wsman::http {

tl::expected<OpenedRequest, std::string> OpenSealed(auth::NegotiateSession& session,
                                                    const Request& request) {
  const auto message = auth::ParseSealed(request.content_type, request.body);
  if (!message) return tl::unexpected(message.error());
  std::optional<std::string> text = session.Unseal(message->sealed);
  if (!text) {
    return tl::unexpected(std::string(
        "it was altered or repeated on its way, or is not of this connection's session"));
  }
  if (!auth::LengthAgrees(*message, text->size())) {
    return tl::unexpected(std::string("its text is not as long as it says"));
  }
  return OpenedRequest{.request = {.content_type = message->content_type, .body = *std::move(text)},
                       .protocol = message->protocol};
}

Reply SealReply(auth::NegotiateSession& session, auth::SealProtocol protocol, Reply reply) {
  if (reply.body.empty()) return reply;
  const std::optional<auth::gss::Sealed> sealed = session.Seal(reply.body);
  if (!sealed) return {.status = 500, .content_type = {}, .body = {}};
  const std::string_view view = sealed->bytes;
  return {.status = reply.status,
          .content_type = auth::SealedContentType(protocol),
          .body = auth::WriteSealed(protocol, reply.content_type, reply.body.size(),
                                    view.substr(0, sealed->signature_bytes),
                                    view.substr(sealed->signature_bytes))};
}

}  // namespace wsman::http
