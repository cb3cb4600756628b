#include "wsman/client/login.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "wsman/auth/base64.h"
#include "wsman/client/http_status.h"
#include "wsman/client/login_tokens.h"

namespace wsman::client {
namespace {

using Kind = ClientError::Kind;

// More requests than any mechanism needs.
constexpr int kMaxRequests = 6;

NoLogin Final(ClientError error) {
  return {.error = std::move(error), .proof_refused = false, .offers = {}, .may_go_on = false};
}

NoLogin Untrusted(std::string text) { return Final({Kind::kUntrusted, std::move(text), 0, 0, {}}); }

bool MayUseBasic(const ClientOptions& options, const Url& url) {
  return !options.user.empty() && options.user.find(':') == std::string::npos &&
         (url.tls || options.allow_unencrypted || IsLoopback(url));
}

// One handshake on one connection.
class Handshake {
 public:
  Handshake(HttpConnection& connection, const ClientOptions& options, Scheme scheme,
            Attempt attempt)
      : connection_(connection), options_(options), scheme_(scheme), attempt_(std::move(attempt)) {}

  tl::expected<Login, NoLogin> Run() {
    auto token = attempt_.initiator.Start();
    for (requests_ = 1; requests_ <= kMaxRequests; ++requests_) {
      if (!token) return tl::unexpected(Failed(token.error()));
      auto reply = Send(*token);
      if (!reply) return tl::unexpected(Final(std::move(reply.error().error)));
      const Offers offers(reply->challenges);
      const std::optional<std::string> answer = offers.TokenFor(scheme_);
      const bool has_answer = answer && !answer->empty();
      if (reply->status == 401 && !has_answer) return tl::unexpected(Refused(offers));
      if (has_answer) {
        token = attempt_.initiator.Take(*answer);
        if (!token) continue;
      } else {
        token->clear();
      }
      if (reply->status != 401) return End(*reply, *token);
      if (!connection_.IsOpen()) {
        return tl::unexpected(
            Final({Kind::kConnect, "the host closes the connection during the login", 0, 0, {}}));
      }
    }
    return tl::unexpected(Untrusted("the host does not bring the login to its end"));
  }

 private:
  tl::expected<HttpReply, NoReply> Send(const std::string& token) {
    HttpRequest request;
    request.authorization = fmt::format("{} {}", NameOf(scheme_), auth::EncodeBase64(token));
    return connection_.Send(request);
  }

  // The host answered something other than 401.
  tl::expected<Login, NoLogin> End(const HttpReply& reply, const std::string& unsent) {
    auth::SpnegoInitiator& initiator = attempt_.initiator;
    const bool accepted = initiator.complete() && unsent.empty();
    if (accepted && (initiator.proven() || reply.status == 200)) {
      return Login{.scheme = scheme_, .mechanism = initiator.Release()};
    }
    if (reply.status == 200) {
      return tl::unexpected(Untrusted("the host accepted the login without proving who it is"));
    }
    return tl::unexpected(Final({Kind::kHttp, TextOfStatus(reply.status), reply.status, 0, {}}));
  }

  // A token of the host that cannot be followed.
  NoLogin Failed(const std::string& text) const {
    if (attempt_.kerberos != nullptr &&
        attempt_.kerberos->reason() == KerberosError::Reason::kClockSkew) {
      return Final(ToClientError(KerberosError{KerberosError::Reason::kClockSkew, text}));
    }
    if (attempt_.initiator.rejected()) {
      using Reason = ClientError::Login;
      return Final({Kind::kUnauthorized,
                    text,
                    401,
                    0,
                    {},
                    attempt_.kerberos != nullptr ? Reason::kTicketRefused : Reason::kRefused});
    }
    return Untrusted(text);
  }

  NoLogin Refused(const Offers& offers) const {
    NoLogin refused{
        .error = {Kind::kUnauthorized, {}, 401, 0, {}, ClientError::Login::kRefused},
        .proof_refused = requests_ > 1 || (attempt_.kerberos != nullptr && offers.Has(scheme_)),
        .offers = offers,
        .may_go_on = true};
    if (attempt_.kerberos != nullptr && requests_ == 1) {
      refused.error.login = ClientError::Login::kTicketRefused;
      refused.error.text = fmt::format("the host refused the Kerberos ticket of '{}'",
                                       attempt_.kerberos->principal());
    } else {
      refused.error.text =
          fmt::format("the host refused the user name or password of '{}'", options_.user);
    }
    return refused;
  }

  HttpConnection& connection_;
  const ClientOptions& options_;
  const Scheme scheme_;
  Attempt attempt_;
  int requests_ = 0;
};

}  // namespace

std::vector<Scheme> AllowedSchemes(const ClientOptions& options, const Url& url) {
  switch (options.auth) {
    case AuthMode::kNegotiate:
    case AuthMode::kNtlm:
      return {Scheme::kNegotiate};
    case AuthMode::kKerberos:
      return {Scheme::kNegotiate, Scheme::kKerberos};
    case AuthMode::kBasic:
      return {Scheme::kBasic};
    case AuthMode::kAuto:
      break;
  }
  std::vector<Scheme> schemes = {Scheme::kNegotiate, Scheme::kKerberos};
  if (MayUseBasic(options, url)) schemes.push_back(Scheme::kBasic);
  return schemes;
}

tl::expected<Login, NoLogin> LogIn(HttpConnection& connection, const ClientOptions& options,
                                   const Url& url, Scheme scheme) {
  auto attempt = BeginAttempt(options, url, scheme, connection.channel_binding());
  if (!attempt) {
    return tl::unexpected(NoLogin{.error = std::move(attempt.error()),
                                  .proof_refused = false,
                                  .offers = {},
                                  .may_go_on = true});
  }
  return Handshake(connection, options, scheme, *std::move(attempt)).Run();
}

ClientError NotOffered(const Offers& offers, const ClientOptions& options, const Url& url) {
  const auto allowed = [&options]() -> std::string_view {
    switch (options.auth) {
      case AuthMode::kNtlm:
        return "NTLM (Negotiate)";
      case AuthMode::kKerberos:
        return "Kerberos";
      case AuthMode::kBasic:
        return "Basic";
      case AuthMode::kAuto:
      case AuthMode::kNegotiate:
        break;
    }
    return "Negotiate";
  };
  ClientError error{Kind::kUnauthorized, {}, 401, 0, {}, ClientError::Login::kNotOffered};
  error.text = fmt::format("the host offers {} to log in with on this connection, and not {}",
                           offers.Names(), allowed());
  if (!url.tls && offers.Has(Scheme::kBasic)) {
    error.text += "; Basic would send the password in the clear, unless its https URL is used";
  }
  return error;
}

}  // namespace wsman::client
