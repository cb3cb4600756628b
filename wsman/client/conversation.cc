#include "wsman/client/conversation.h"

#include <algorithm>

#include <fmt/format.h>

#include "wsman/auth/base64.h"
#include "wsman/auth/sealed_message.h"

namespace wsman::client {
namespace {

using Kind = ClientError::Kind;

constexpr char kUnknown[] = "; whether the request was carried out is not known";

tl::unexpected<ClientError> Fail(Kind kind, std::string text) {
  return tl::unexpected(ClientError{kind, std::move(text), 0, 0, {}});
}

auth::SealProtocol ProtocolOf(Scheme scheme) {
  return scheme == Scheme::kKerberos ? auth::SealProtocol::kKerberos : auth::SealProtocol::kSpnego;
}

}  // namespace

Conversation::Conversation(Url url, const ClientOptions& options)
    : url_(std::move(url)), options_(options), connection_(url_, options) {}

Result<HttpReply> Conversation::Post(const std::string& body, Repeat repeat) {
  while (true) {
    if (!connection_.IsOpen()) login_.reset();
    const bool reused = login_.has_value();
    if (!reused) {
      if (auto logged_in = LogInAnew(); !logged_in) return tl::unexpected(logged_in.error());
    }
    auto reply = Ask(body, repeat, reused);
    if (reply) return Open(*std::move(reply));
    connection_.Close();
    if (!reply.error().repeat) return tl::unexpected(std::move(reply.error().error));
  }
}

Result<HttpReply> Conversation::PostAnonymously(
    const std::string& body, const std::vector<std::pair<std::string, std::string>>& headers) {
  HttpRequest request;
  request.body = body;
  request.headers = headers;
  while (true) {
    const bool reused = connection_.IsOpen();
    if (!reused) {
      login_.reset();
      if (auto opened = connection_.Open(); !opened) return tl::unexpected(opened.error());
    }
    auto reply = connection_.Send(request);
    if (!reply && reused && reply.error().unanswered) continue;
    if (!reply) return tl::unexpected(std::move(reply.error().error));
    if (reply->status != 401) return *std::move(reply);
    return tl::unexpected(ClientError{Kind::kUnauthorized,
                                      "the host asks for a user name and password",
                                      401,
                                      0,
                                      {},
                                      ClientError::Login::kNoCredentials});
  }
}

// Goes through the schemes until one works or the reason is final.
Result<void> Conversation::LogInAnew() {
  if (!options_.socket.empty()) return ConnectLocally();
  std::vector<Scheme> left =
      scheme_ ? std::vector<Scheme>{*scheme_} : AllowedSchemes(options_, url_);
  while (true) {
    const Scheme scheme = left.front();
    left.erase(left.begin());
    Result<Login> login = Try(scheme, left);
    if (login) {
      scheme_ = scheme;
      login_ = *std::move(login);
      return {};
    }
    if (left.empty()) return tl::unexpected(std::move(login.error()));
  }
}

// A Unix socket asks for no login.
Result<void> Conversation::ConnectLocally() {
  if (!connection_.IsOpen()) {
    if (auto opened = connection_.Open(); !opened) return opened;
  }
  login_ = Login{.scheme = std::nullopt, .mechanism = nullptr};
  return {};
}

// Leaves in `left` what may be tried afterwards.
Result<Login> Conversation::Try(Scheme scheme, std::vector<Scheme>& left) {
  if (!connection_.IsOpen()) {
    if (auto opened = connection_.Open(); !opened) {
      left.clear();
      return tl::unexpected(opened.error());
    }
  }
  if (scheme == Scheme::kBasic) return Login{};
  auto login = LogIn(connection_, options_, url_, scheme);
  if (login) return *std::move(login);
  NoLogin& failed = login.error();
  if (!failed.may_go_on) left.clear();
  // The same ticket in another envelope is refused too.
  if (failed.proof_refused || !failed.offers) std::erase(left, Scheme::kKerberos);
  if (failed.offers) {
    const Offers& offers = *failed.offers;
    std::erase_if(left, [&offers](Scheme other) { return !offers.Has(other); });
    if (!offers.Has(scheme) && !failed.proof_refused) {
      return tl::unexpected(NotOffered(offers, options_, url_));
    }
  }
  return tl::unexpected(std::move(failed.error));
}

Result<HttpRequest> Conversation::Protect(const std::string& body) {
  HttpRequest request;
  if (login_->scheme == Scheme::kBasic) {
    request.authorization = "Basic " + auth::EncodeBase64(options_.user + ":" + options_.password);
  }
  if (!seals()) {
    request.body = body;
    return request;
  }
  const auto sealed = login_->mechanism->Seal(body);
  if (!sealed) return Fail(Kind::kProtocol, sealed.error());
  const auth::SealProtocol protocol = ProtocolOf(*login_->scheme);
  request.body = auth::WriteSealed(protocol, request.content_type, body.size(), sealed->signature,
                                   sealed->ciphertext);
  request.content_type = auth::SealedContentType(protocol);
  request.reply_overhead = auth::kMaxSealOverhead;
  return request;
}

tl::expected<HttpReply, Conversation::Failure> Conversation::Ask(const std::string& body,
                                                                 Repeat repeat, bool reused) {
  auto request = Protect(body);
  if (!request) return tl::unexpected(Failure{std::move(request.error()), false});
  auto reply = connection_.Send(*request);
  if (!reply) return tl::unexpected(Lost(std::move(reply.error()), repeat, reused));
  if (reply->status == 401) return tl::unexpected(Refused(*reply, repeat, reused));
  return *std::move(reply);
}

// The server may have closed an idle connection while the request was on its way.
Conversation::Failure Conversation::Lost(NoReply lost, Repeat repeat, bool reused) {
  Failure failure{std::move(lost.error), reused && lost.unanswered && repeat == Repeat::kSafe};
  if (repeat == Repeat::kNever && failure.error.kind == Kind::kConnect) {
    failure.error.text += kUnknown;
  }
  return failure;
}

// A host that has forgotten the login has not carried the request out. Without
// TLS, anybody on the way can say so in its name.
Conversation::Failure Conversation::Refused(const HttpReply& reply, Repeat repeat, bool reused) {
  const Offers offers(reply.challenges);
  ClientError error{Kind::kUnauthorized, {}, reply.status, 0, {}, ClientError::Login::kRefused};
  if (login_->scheme == Scheme::kBasic) {
    if (!offers.Has(Scheme::kBasic)) return {NotOffered(offers, options_, url_), false};
    error.text = fmt::format("the host refused the user name or password of '{}'", options_.user);
    return {std::move(error), false};
  }
  error.text = "the host does not accept the login any more";
  if (!reused) error.text = "the host accepted the login and refused the request";
  if (repeat == Repeat::kNever && !url_.tls) error.text += kUnknown;
  return {std::move(error), reused && (url_.tls || repeat == Repeat::kSafe)};
}

Result<HttpReply> Conversation::Open(HttpReply reply) {
  if (!seals()) return reply;
  const auto refuse = [this](std::string text) {
    connection_.Close();
    return Fail(Kind::kUntrusted, std::move(text));
  };
  if (!auth::IsSealedType(reply.content_type)) {
    // Hosts refuse in clear text what they have not read; only the status counts.
    if (reply.status == 200 || reply.status == 500) {
      return refuse(fmt::format(
          "the host answered a sealed request in clear text (HTTP {}); the answer is refused",
          reply.status));
    }
    reply.body.clear();
    return reply;
  }
  const auto message = auth::ParseSealed(reply.content_type, reply.body);
  if (!message) return refuse("the host's reply is refused: " + message.error());
  if (message->protocol != ProtocolOf(*login_->scheme)) {
    return refuse("the host's reply is refused: it is sealed for another way to log in");
  }
  std::optional<std::string> text = login_->mechanism->Unseal(message->sealed);
  if (!text || !auth::LengthAgrees(*message, text->size())) {
    return refuse("the host's reply was altered on its way, or is not the host's");
  }
  if (text->size() > options_.max_reply_bytes) {
    return refuse(fmt::format("the reply of {} is larger than {} bytes", Authority(url_),
                              options_.max_reply_bytes));
  }
  reply.content_type = message->content_type;
  reply.body = *std::move(text);
  return reply;
}

}  // namespace wsman::client
