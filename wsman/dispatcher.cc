#include "wsman/dispatcher.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "wsman/action.h"
#include "wsman/class_resource.h"
#include "wsman/config_resource.h"
#include "wsman/enumeration.h"
#include "wsman/eventing.h"
#include "wsman/exchange.h"
#include "wsman/header_rules.h"
#include "wsman/identify.h"
#include "wsman/operations.h"
#include "wsman/quoted.h"
#include "wsman/target.h"
#include "wsman/xml/charset.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace wsman {
namespace {

HeaderLimits LimitsFrom(const DispatcherOptions& options) {
  HeaderLimits limits;
  limits.max_envelope_bytes = options.max_envelope_bytes;
  limits.max_operation_timeout = options.max_operation_timeout;
  return limits;
}

ConfigFacts ConfigFrom(const DispatcherOptions& options) {
  return {options.max_envelope_bytes, options.max_operation_timeout, options.enumerations.idle,
          options.allow_unencrypted, options.authentication};
}

Result<Request> ReadEnvelope(std::string_view utf8) {
  if (auto document = xml::CheckDocument(utf8); !document) return tl::unexpected(document.error());
  return xml::ParseEnvelope(utf8);
}

// What the request wants to find in its reply. Without a:FaultTo, faults go
// where replies go (R5.4.2-5, R5.4.3-1, R5.4.3-4).
void SetUpReplies(const Request& request, Exchange& exchange) {
  if (request.wants_epr) exchange.TellEpr();
  const References& faults = request.fault_to ? request.fault_references : request.reply_references;
  if (request.reply_references.empty() && faults.empty()) return;
  exchange.CopyReferences(xml::WriteReferences(request.reply_references),
                          xml::WriteReferences(faults));
}

// What an action asks for; the method's name goes with kInvoke.
struct Meaning {
  Operation operation;
  std::string method;
};

std::optional<Meaning> MeaningOf(const Request& request) {
  if (const auto fixed = FixedOperation(*request.action)) return Meaning{*fixed, {}};
  const auto method = MethodOf(*request.action, request.resource_uri.value_or(std::string()));
  if (!method) return std::nullopt;
  return Meaning{Operation::kInvoke, std::string(*method)};
}

Fault UnknownAction(const Request& request) {
  return Fail(FaultCode::kActionNotSupported,
              fmt::format("The action {} is not supported for this resource.",
                          Quoted(*request.action)))
      .value();
}

std::string NotAllowed(const auth::Principal& principal) {
  if (!principal.is_local()) return "Your account may not do this; ask for a role that may.";
  return fmt::format(
      "The account {} of this machine may not do this: [roles] of the service's configuration "
      "names no such user or group for it.",
      Quoted(principal.name()));
}

}  // namespace

class Dispatcher::Impl {
 public:
  Impl(DispatcherOptions options, const Authorizer& authorizer,
       std::vector<ResourceHandler*> handlers)
      : max_envelope_bytes_(options.max_envelope_bytes),
        anonymous_identify_(options.anonymous_identify),
        limits_(LimitsFrom(options)),
        facts_{std::move(options.product_vendor), std::move(options.os_version),
               std::move(options.security_profiles)},
        authorizer_(authorizer),
        classes_(handlers),
        config_(ConfigFrom(options)),
        directory_(std::move(handlers), {&classes_, &config_}),
        enumerations_(options.enumerations, options.clock, directory_),
        eventing_(options.eventing, std::move(options.clock), directory_) {}

  void SetEndpoints(std::vector<std::string> urls) { config_.SetEndpoints(std::move(urls)); }
  void EndSubscriptions() { eventing_.End(); }
  void Handle(const auth::Principal& principal, http::Request request,
              const std::shared_ptr<http::Responder>& responder);
  std::optional<http::Reply> HandleAnonymousIdentify(std::string_view body) const;

 private:
  void Answer(const auth::Principal& principal, Request request,
              const std::shared_ptr<Exchange>& exchange);
  void Identify(const auth::Principal& principal, const Request& request,
                const Exchange& exchange) const;
  void Execute(const Call& call, const Meaning& meaning);

  const std::size_t max_envelope_bytes_;
  const bool anonymous_identify_;
  const HeaderLimits limits_;
  const IdentityFacts facts_;
  const Authorizer& authorizer_;
  const ClassResource classes_;
  ConfigResource config_;
  const ResourceDirectory directory_;
  EnumerationService enumerations_;
  EventingService eventing_;
};

void Dispatcher::Impl::Handle(const auth::Principal& principal, http::Request request,
                              const std::shared_ptr<http::Responder>& responder) {
  // Until the envelope has been read, faults go out in UTF-8 and without RelatesTo.
  const Exchange unread(xml::Charset::kUtf8, {}, responder);
  unread.Guard([&] {
    if (request.body.size() > max_envelope_bytes_) {
      return unread.SendFault(
          Fail(FaultCode::kServiceEnvelopeLimit,
               fmt::format("The request is longer than {} octets.", max_envelope_bytes_))
              .value());
    }
    const auto text = xml::Decode(std::move(request.body), request.content_type);
    if (!text) return unread.SendFault(text.error());
    Result<Request> envelope = ReadEnvelope(text->utf8);
    if (!envelope) return Exchange(text->charset, {}, responder).SendFault(envelope.error());
    const auto exchange = std::make_shared<Exchange>(
        text->charset, envelope->message_id.value_or(std::string()), responder);
    SetUpReplies(*envelope, *exchange);
    exchange->Guard([&] { Answer(principal, *std::move(envelope), exchange); });
  });
}

void Dispatcher::Impl::Answer(const auth::Principal& principal, Request request,
                              const std::shared_ptr<Exchange>& exchange) {
  if (IsIdentify(request)) return Identify(principal, request, *exchange);
  const Result<RequestTerms> terms = CheckHeaders(request, limits_);
  if (!terms) return exchange->SendFault(terms.error());
  exchange->LimitReply(terms->max_reply_bytes);

  const std::optional<Meaning> meaning = MeaningOf(request);
  // Before the resource is looked up: a caller without a role learns nothing.
  if (meaning && !authorizer_.Allows(principal, meaning->operation)) {
    return exchange->SendFault(Fail(FaultCode::kAccessDenied, NotAllowed(principal)).value());
  }
  Result<Target> target = directory_.Resolve(request);
  if (!target) return exchange->SendFault(target.error());
  if (!meaning) return exchange->SendFault(UnknownAction(request));
  Execute(Call{exchange, Caller{principal}, std::move(request), *terms, *std::move(target)},
          *meaning);
}

void Dispatcher::Impl::Identify(const auth::Principal& principal, const Request& request,
                                const Exchange& exchange) const {
  if (auto understood = CheckUnderstood(request); !understood)
    return exchange.SendFault(understood.error());
  if (!authorizer_.Allows(principal, Operation::kIdentify)) {
    return exchange.SendFault(Fail(FaultCode::kAccessDenied, NotAllowed(principal)).value());
  }
  exchange.SendEnvelope(xml::WriteIdentity(IdentityForCallers(facts_)));
}

void Dispatcher::Impl::Execute(const Call& call, const Meaning& meaning) {
  switch (meaning.operation) {
    case Operation::kGet:
      return Get(call);
    case Operation::kPut:
      return Put(call);
    case Operation::kDelete:
      return Delete(call);
    case Operation::kEnumerate:
      return enumerations_.Enumerate(call);
    case Operation::kPull:
      if (eventing_.Pull(call)) return;
      return enumerations_.Pull(call);
    case Operation::kRelease:
      if (eventing_.Release(call)) return;
      return enumerations_.Release(call);
    case Operation::kInvoke:
      return Invoke(call, meaning.method);
    case Operation::kSubscribe:
      return eventing_.Subscribe(call);
    case Operation::kUnsubscribe:
      return eventing_.Unsubscribe(call);
    case Operation::kRenew:
      return eventing_.Renew(call);
    case Operation::kGetStatus:
      return eventing_.GetStatus(call);
    case Operation::kCreate:
    case Operation::kIdentify:
      break;
  }
  call.exchange->SendFault(
      Fail(FaultCode::kActionNotSupported,
           "Instances are not made with Create; call the method of the class that makes one.")
          .value());
}

std::optional<http::Reply> Dispatcher::Impl::HandleAnonymousIdentify(std::string_view body) const {
  if (!anonymous_identify_) return std::nullopt;
  const auto text = xml::Decode(std::string(body), {});
  if (!text) return std::nullopt;
  const Result<Request> request = ReadEnvelope(text->utf8);
  if (!request || !IsPlainIdentify(*request)) return std::nullopt;
  return http::Reply{200, std::string(xml::ContentType(text->charset)),
                     xml::Encode(xml::WriteIdentity(IdentityForStrangers(facts_)), text->charset)};
}

Dispatcher::Dispatcher(DispatcherOptions options, const Authorizer& authorizer,
                       std::vector<ResourceHandler*> handlers)
    : impl_(std::make_unique<Impl>(std::move(options), authorizer, std::move(handlers))) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::SetEndpoints(std::vector<std::string> urls) {
  impl_->SetEndpoints(std::move(urls));
}

void Dispatcher::EndSubscriptions() { impl_->EndSubscriptions(); }

void Dispatcher::Handle(const auth::Principal& principal, http::Request request,
                        std::shared_ptr<http::Responder> responder) {
  impl_->Handle(principal, std::move(request), responder);
}

http::Reply Dispatcher::RefuseClearText() {
  const Fault fault =
      Fail(FaultCode::kAccessDenied,
           "Requests in clear text are not read here: let the client's login ask for sealing "
           "and encrypt its messages, use HTTPS, or set server.allow_unencrypted of bitsd.")
          .value();
  constexpr auto kCharset = xml::Charset::kUtf8;
  return {500, std::string(xml::ContentType(kCharset)),
          xml::Encode(xml::WriteFault({}, fault), kCharset)};
}

std::optional<http::Reply> Dispatcher::HandleAnonymousIdentify(std::string_view body) {
  return impl_->HandleAnonymousIdentify(body);
}

}  // namespace wsman
