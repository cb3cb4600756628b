#include "wsman/eventing.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "wsman/action.h"
#include "wsman/duration.h"
#include "wsman/enumeration_request.h"
#include "wsman/selectors.h"
#include "wsman/subscribe_request.h"
#include "wsman/xml/instance_writer.h"

namespace wsman {
namespace {

using std::chrono::milliseconds;

ContextOwner OwnerOf(const Call& call) {
  return {call.caller.principal.name(), call.target.uri.text};
}

void Reply(const Call& call, Operation operation, std::string_view body) {
  call.exchange->Send(call.exchange->Header(std::string(ActionUri(operation)) + "Response"), body,
                      Effect::kHappened);
}

std::string ExpiresXml(milliseconds life) {
  return fmt::format("<e:Expires>{}</e:Expires>", FormatDuration(life));
}

// Where the subscription is managed: what the client takes over as headers.
std::string ManagerXml(const Call& call, const std::string& name) {
  std::string xml = fmt::format(
      "<e:SubscriptionManager><a:Address>{}</a:Address><a:ReferenceParameters><w:ResourceURI>{}"
      "</w:ResourceURI>",
      xml::EscapeText(call.request.to.value_or(std::string())),
      xml::EscapeText(call.target.uri.text));
  if (call.target.uri.family == Family::kDmtf) {
    xml += fmt::format(
        "<w:SelectorSet><w:Selector Name=\"__cimnamespace\">{}</w:Selector></w:SelectorSet>",
        xml::EscapeText(call.target.uri.name_space));
  }
  return xml + fmt::format(
                   "<e:Identifier>{}</e:Identifier></a:ReferenceParameters>"
                   "</e:SubscriptionManager>",
                   name);
}

Fault Stopping() {
  return Fail(FaultCode::kEndpointUnavailable, "The service is stopping. Try again later.").value();
}

Fault NoSuchSubscription(FaultCode code) {
  return Fail(code, "The subscription is unknown or has expired; subscribe again.").value();
}

// The subscription that the header names; empty after a fault was sent.
std::optional<std::string> NameIn(const Call& call) {
  const std::optional<std::string>& name = call.request.subscription;
  if (name && !name->empty()) return name;
  call.exchange->SendFault({FaultCode::kHeaderRequired,
                            "The header e:Identifier of the subscription manager is missing.",
                            0,
                            "e:Identifier",
                            {}});
  return std::nullopt;
}

// How long a Pull waits.
milliseconds WaitOf(const Call& call, const PullRequest& request) {
  return std::min(request.max_time.value_or(call.terms.timeout), call.terms.timeout);
}

}  // namespace

EventingService::EventingService(EventingLimits limits, Clock clock,
                                 const ResourceDirectory& directory)
    : limits_(limits),
      directory_(directory),
      store_(limits, std::move(clock)),
      pump_(limits.reported, [this](const ReportedEvent& reported) { Deliver(reported); }) {}

EventingService::~EventingService() { End(); }

void EventingService::End() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    watches_.clear();
  }
  pump_.Stop();
  store_.RemoveAll(Stopping());
}

void EventingService::Subscribe(const Call& call) {
  if (auto none = CheckNoKeySelectors(call.request.selectors); !none)
    return call.exchange->SendFault(none.error());
  const Result<SubscribeRequest> request = ReadSubscribe(call.request);
  if (!request) return call.exchange->SendFault(request.error());
  const auto added = Add(call, *request);
  if (!added) return call.exchange->SendFault(added.error());
  Reply(call, Operation::kSubscribe,
        fmt::format("<e:SubscribeResponse>{}{}<n:EnumerationContext>{}</n:EnumerationContext>"
                    "</e:SubscribeResponse>",
                    ManagerXml(call, added->name), ExpiresXml(added->life), added->name));
}

Result<SubscriptionStore::Added> EventingService::Add(const Call& call,
                                                      const SubscribeRequest& request) {
  Result<EventSelection> selection = ReadEventFilter(request.filter, call.target, directory_);
  if (!selection) return tl::unexpected(selection.error());
  ResourceHandler& handler = *selection->target.handler;
  auto subscription = std::make_shared<Subscription>(call.caller, *std::move(selection),
                                                     limits_.events, request.heartbeats);
  const std::lock_guard lock(mutex_);
  if (ended_) return tl::unexpected(Stopping());
  pump_.Start();
  auto added = store_.Add(OwnerOf(call), std::move(subscription), request.expires);
  if (added) Watch(handler);
  return added;
}

void EventingService::Watch(ResourceHandler& handler) {
  std::unique_ptr<EventWatch>& watch = watches_[&handler];
  if (watch) return;
  watch = handler.Events()->Watch([this, &handler](std::shared_ptr<const InstanceEvent> event) {
    pump_.Post(&handler, std::move(event));
  });
}

void EventingService::WatchNothingWithoutSubscriptions() {
  const std::lock_guard lock(mutex_);
  if (store_.All().empty()) watches_.clear();
}

void EventingService::Deliver(const ReportedEvent& reported) {
  const auto subscriptions = store_.All();
  if (subscriptions.empty()) return WatchNothingWithoutSubscriptions();
  MadeEvent made{reported.handler, reported.event, reported.event->target(), std::nullopt};
  if (reported.event->kind == EventKind::kModification) made.previous = reported.event->previous();
  // A change that no property shows is no event.
  const bool is_visible = !made.previous || !(*made.previous == made.target);
  if (!is_visible && reported.lost_before == 0) return;
  for (const auto& subscription : subscriptions) subscription->Offer(made, reported.lost_before);
}

bool EventingService::Pull(const Call& call) {
  const Result<PullRequest> request = ReadPull(call.request);
  if (!request) return false;
  const auto subscription = store_.Find(request->context, OwnerOf(call));
  if (!subscription) return false;
  auto pull = std::make_shared<PendingPull>(
      call.exchange,
      PendingPull::Terms{request->context, request->max_elements, request->max_characters});
  milliseconds wait = WaitOf(call, *request);
  if (const auto& heartbeats = subscription->heartbeats(); heartbeats && *heartbeats <= wait) {
    wait = *heartbeats;
    pull->SetHeartbeat(true);
  }
  call.exchange->SetDeadline(wait, [pull] { return pull->Expire(); });
  subscription->Pull(pull);
  return true;
}

bool EventingService::Release(const Call& call) {
  const Result<std::string> context = ReadRelease(call.request);
  if (!context || !store_.Remove(*context, OwnerOf(call))) return false;
  WatchNothingWithoutSubscriptions();
  Reply(call, Operation::kRelease, {});
  return true;
}

void EventingService::Unsubscribe(const Call& call) {
  const auto name = NameIn(call);
  if (!name) return;
  if (!store_.Remove(*name, OwnerOf(call)))
    return call.exchange->SendFault(NoSuchSubscription(FaultCode::kInvalidEventMessage));
  WatchNothingWithoutSubscriptions();
  Reply(call, Operation::kUnsubscribe, {});
}

void EventingService::Renew(const Call& call) {
  const auto name = NameIn(call);
  if (!name) return;
  const auto asked = ReadRenew(call.request);
  if (!asked) return call.exchange->SendFault(asked.error());
  const auto life = store_.Renew(*name, OwnerOf(call), *asked);
  if (!life) return call.exchange->SendFault(NoSuchSubscription(FaultCode::kUnableToRenew));
  Reply(call, Operation::kRenew,
        fmt::format("<e:RenewResponse>{}</e:RenewResponse>", ExpiresXml(*life)));
}

void EventingService::GetStatus(const Call& call) {
  const auto name = NameIn(call);
  if (!name) return;
  const auto left = store_.Remaining(*name, OwnerOf(call));
  if (!left) return call.exchange->SendFault(NoSuchSubscription(FaultCode::kInvalidEventMessage));
  Reply(call, Operation::kGetStatus,
        fmt::format("<e:GetStatusResponse>{}</e:GetStatusResponse>", ExpiresXml(*left)));
}

}  // namespace wsman
