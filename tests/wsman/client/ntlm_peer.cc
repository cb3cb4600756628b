#include "tests/wsman/client/ntlm_peer.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "wsman/auth/base64.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/sealed_message.h"
#include "wsman/auth/spnego.h"
#include "wsman/client/client.h"
#include "wsman/fault.h"
#include "wsman/xml/soap_codec.h"

namespace wsman::client {
namespace {

using Then = Step::Then;

constexpr char kType[] = "application/soap+xml;charset=UTF-8";

// NTLM's own token, wrapped or not.
std::string NtlmIn(const std::string& token) {
  const auto parsed = auth::spnego::Parse(token);
  const auto* init = std::get_if<auth::spnego::Init>(&parsed);
  return init != nullptr ? init->token.value_or("") : token;
}

std::string Http(int status, const std::string& body) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", status,
                     auth::SealedContentType(auth::SealProtocol::kSpnego), body.size(), body);
}

}  // namespace

std::string Unauthorized(const std::string& challenges, const std::string& headers) {
  std::string lines = headers;
  for (const char* scheme :
       {"Negotiate", "Kerberos", "Basic realm=\"WSMAN\"", "Digest realm=\"x\""}) {
    const std::string name(std::string_view(scheme).substr(0, std::string_view(scheme).find(' ')));
    if (challenges.find(name) != std::string::npos) {
      lines += fmt::format("WWW-Authenticate: {}\r\n", scheme);
    }
  }
  return HttpReplyBytes(401, "", lines);
}

std::string TokenOf(const ReceivedRequest& request) {
  const std::string value(request["Authorization"]);
  EXPECT_TRUE(value.starts_with("Negotiate ")) << value;
  return auth::DecodeBase64(value.substr(10)).value_or("");
}

std::string TokenHeader(const std::string& token) {
  return fmt::format("WWW-Authenticate: Negotiate {}\r\n", auth::EncodeBase64(token));
}

Step NtlmPeer::Challenge(const std::string& headers) {
  return {[this, headers](const ReceivedRequest& request) {
            EXPECT_EQ(request.body(), "");
            acceptor_.emplace(
                auth::ntlm::AcceptorOptions{
                    .names = {"GROUP", "BOX", "", "box"}, .binding_policy = {}, .binding = {}},
                [](const std::string& name) -> std::optional<auth::ntlm::Account> {
                  if (name != "alice") return std::nullopt;
                  return auth::ntlm::Account{name, *auth::ntlm::NtHash("secret")};
                });
            const auto challenge = acceptor_->Challenge(NtlmIn(TokenOf(request)));
            EXPECT_TRUE(challenge) << challenge.error();
            return HttpReplyBytes(401, "", headers + TokenHeader(challenge.value_or("")));
          },
          Then::kKeep};
}

Step NtlmPeer::Judge(const std::string& offers) {
  return {[this, offers](const ReceivedRequest& request) {
            EXPECT_EQ(request.body(), "");
            auto accepted = acceptor_->Authenticate(TokenOf(request));
            if (!accepted) return Unauthorized(offers);
            session_.emplace(std::move(accepted->session));
            return HttpReplyBytes(200, "");
          },
          Then::kKeep};
}

Step NtlmPeer::Answer(const std::string& body, Then then) {
  return {[this, body](const ReceivedRequest& request) {
            ReplyHeader header;
            header.action = "urn:reply";
            header.relates_to = MessageIdIn(request);
            return Sealed(200, xml::WriteEnvelope(header, body));
          },
          then};
}

Step NtlmPeer::Fault() {
  return {[this](const ReceivedRequest& request) {
            const wsman::Fault fault{FaultCode::kInvalidParameter, "say it better", 7, {}, {}};
            return Sealed(500, xml::WriteFault(MessageIdIn(request), fault));
          },
          Then::kKeep};
}

Step NtlmPeer::Altered(const std::function<void(std::string&)>& change) {
  return {[this, change](const ReceivedRequest& request) {
            ReplyHeader header;
            header.relates_to = MessageIdIn(request);
            std::string body = Frame(xml::WriteEnvelope(header, kThing));
            change(body);
            return Http(200, body);
          },
          Then::kKeep};
}

std::string NtlmPeer::MessageIdIn(const ReceivedRequest& request) {
  const auto message = auth::ParseSealed(std::string(request["Content-Type"]), request.body());
  EXPECT_TRUE(message) << message.error();
  const auto text = session_->Unseal(message->sealed);
  EXPECT_TRUE(text);
  const auto envelope = xml::ParseEnvelope(text.value_or(""));
  return envelope ? envelope->message_id.value_or("") : "";
}

std::string NtlmPeer::Frame(const std::string& text) {
  const std::string sealed = session_->Seal(text);
  return auth::WriteSealed(auth::SealProtocol::kSpnego, kType, text.size(), sealed.substr(0, 16),
                           sealed.substr(16));
}

std::string NtlmPeer::Sealed(int status, const std::string& text) {
  return Http(status, Frame(text));
}

}  // namespace wsman::client
