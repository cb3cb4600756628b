#include "wsman/subscribe_request.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "schema/cim.h"
#include "wsman/body_element.h"
#include "wsman/duration.h"
#include "wsman/namespaces.h"
#include "wsman/quoted.h"

namespace wsman {
namespace {

using schema::EqualsIgnoreCase;
using MaybeDuration = std::optional<std::chrono::milliseconds>;

constexpr std::string_view kPushDelivery =
    "http://schemas.xmlsoap.org/ws/2004/08/eventing/DeliveryModes/Push";

// WS-Eventing's default is to push.
std::string_view ModeOf(const Element* delivery) {
  if (delivery == nullptr) return kPushDelivery;
  const auto mode = std::find_if(delivery->attributes.begin(), delivery->attributes.end(),
                                 [](const Selector& a) { return a.name == "Mode"; });
  return mode == delivery->attributes.end() ? kPushDelivery : Trimmed(mode->value);
}

Result<void> CheckDelivery(const Element& root) {
  const std::string_view mode = ModeOf(Child(root, ns::kEventing, "Delivery"));
  if (mode != ns::kPullDelivery) {
    return Fail(FaultCode::kDeliveryModeUnavailable,
                fmt::format("The delivery mode {} is not available; use {}.", Quoted(mode),
                            ns::kPullDelivery));
  }
  if (Child(root, ns::kEventing, "EndTo") != nullptr) {
    return Fail(FaultCode::kUnsupportedAddressingMode,
                "The end of a subscription is not announced; leave out EndTo.");
  }
  if (Child(root, ns::kWsman, "SendBookmarks") != nullptr ||
      Child(root, ns::kWsman, "Bookmark") != nullptr) {
    return Fail(FaultCode::kUnsupportedBookmarks,
                "Events are not kept for later; leave out SendBookmarks and Bookmark.");
  }
  return {};
}

// A child of e:Delivery, where DSP0226 puts what is about delivery, or of
// e:Subscribe.
const Element* DeliveryChild(const Element& root, std::string_view name) {
  const Element* element = Child(root, ns::kWsman, name);
  const Element* delivery = Child(root, ns::kEventing, "Delivery");
  return element == nullptr && delivery != nullptr ? Child(*delivery, ns::kWsman, name) : element;
}

// Events come in replies to Pull, which are in the encoding of that request.
Result<void> CheckEncoding(const Element& root) {
  const Element* element = DeliveryChild(root, "ContentEncoding");
  const std::string_view name = element == nullptr ? "UTF-8" : Trimmed(element->text);
  if (EqualsIgnoreCase(name, "UTF-8") || EqualsIgnoreCase(name, "UTF-16")) return {};
  return Fail(FaultCode::kCharacterSet,
              fmt::format("ContentEncoding is {}; it must be UTF-8 or UTF-16.", Quoted(name)));
}

Result<MaybeDuration> ReadExpires(const Element* element) {
  const std::string_view text = element == nullptr ? std::string_view() : Trimmed(element->text);
  if (text.empty()) return MaybeDuration();
  if (text.front() >= '0' && text.front() <= '9') {
    return Fail(FaultCode::kUnsupportedEventExpiration,
                "Expires must be a duration such as PT10M, not a point in time.");
  }
  const MaybeDuration duration = ParseDuration(text);
  if (!duration || duration->count() == 0) {
    return Fail(FaultCode::kInvalidEventExpiration,
                fmt::format("Expires is {}; it must be a duration such as PT10M.", Quoted(text)));
  }
  return duration;
}

Result<MaybeDuration> ReadHeartbeats(const Element& root) {
  const Element* element = DeliveryChild(root, "Heartbeats");
  if (element == nullptr) return MaybeDuration();
  const MaybeDuration duration = ParseDuration(Trimmed(element->text));
  if (duration) return MaybeDuration(std::max(*duration, kShortestHeartbeat));
  return Fail(
      FaultCode::kUnsupportedHeartbeats,
      fmt::format("Heartbeats is {}; it must be a duration such as PT60S.", Quoted(element->text)));
}

Result<std::optional<Element>> ReadFilterElement(const Element& root) {
  const Element* wsman = Child(root, ns::kWsman, "Filter");
  const Element* eventing = Child(root, ns::kEventing, "Filter");
  if (wsman != nullptr && eventing != nullptr) {
    return Fail(FaultCode::kInvalidEventMessage,
                "There are two filters, w:Filter and e:Filter; send one.");
  }
  const Element* filter = wsman != nullptr ? wsman : eventing;
  return filter == nullptr ? std::optional<Element>() : std::optional<Element>(*filter);
}

}  // namespace

Result<SubscribeRequest> ReadSubscribe(const Request& request) {
  const Result<const Element*> root = ReadRoot(request, ns::kEventing, "Subscribe");
  if (!root) return tl::unexpected(root.error());
  if (auto delivery = CheckDelivery(**root); !delivery) return tl::unexpected(delivery.error());
  if (auto encoding = CheckEncoding(**root); !encoding) return tl::unexpected(encoding.error());
  const auto expires = ReadExpires(Child(**root, ns::kEventing, "Expires"));
  if (!expires) return tl::unexpected(expires.error());
  const auto heartbeats = ReadHeartbeats(**root);
  if (!heartbeats) return tl::unexpected(heartbeats.error());
  auto filter = ReadFilterElement(**root);
  if (!filter) return tl::unexpected(filter.error());
  return SubscribeRequest{*expires, *heartbeats, *std::move(filter)};
}

Result<MaybeDuration> ReadRenew(const Request& request) {
  const Result<const Element*> root = ReadRoot(request, ns::kEventing, "Renew");
  if (!root) return tl::unexpected(root.error());
  return ReadExpires(Child(**root, ns::kEventing, "Expires"));
}

}  // namespace wsman
