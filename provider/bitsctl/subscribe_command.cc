// bitsctl wsman subscribe: prints the events of any class.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/output.h"

namespace bitsctl {
namespace {

// One request; the next one follows.
constexpr std::chrono::milliseconds kLongestPull{10'000};

void Print(const std::vector<Element>& events, Context& context) {
  for (const Element& event : events) {
    context.out << (context.json ? Dump(ToJson(event), -1) + "\n" : ElementText(event));
  }
  context.out << std::flush;
}

Done PrintUntilTheEnd(const WsmanCommand& command, const std::string& subscription,
                      Context& context) {
  const auto started = context.clock.Now();
  while (true) {
    std::chrono::milliseconds wait = kLongestPull;
    if (context.timeout) {
      const auto left = *context.timeout - (context.clock.Now() - started);
      if (left <= std::chrono::milliseconds(0)) return {};
      wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    const auto events = context.service.PullEvents(command.uri, subscription, wait);
    if (!events) return tl::unexpected(ToFailure(events.error()));
    Print(*events, context);
  }
}

}  // namespace

Done PrintEvents(const WsmanCommand& command, Context& context) {
  const auto subscription = context.service.Subscribe(command.uri, command.filter);
  if (!subscription) return tl::unexpected(ToFailure(subscription.error()));
  const Done done = PrintUntilTheEnd(command, *subscription, context);
  // It ends by itself when the host cannot be told.
  if (done) context.service.Unsubscribe(command.uri, *subscription);
  return done;
}

}  // namespace bitsctl
