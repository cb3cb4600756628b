// The middle of the service: a verified caller's request in, a reply out.
// Checks headers, limits and roles, finds the class handler, types arguments
// against the class table, and turns every failure into a fault.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsman/authorizer.h"
#include "wsman/config_resource.h"
#include "wsman/enumeration_store.h"
#include "wsman/http/exchange.h"
#include "wsman/resource.h"
#include "wsman/subscription_store.h"

namespace wsman {

struct DispatcherOptions {
  std::size_t max_envelope_bytes = 512'000;
  std::chrono::milliseconds max_operation_timeout{60'000};  // longer requests are clamped (R6.1-4)
  bool anonymous_identify = true;                           // decisions: Test-WSMan's default works
  std::string product_vendor = "bitsd";
  std::string os_version;                      // "6.1.0"; told to verified callers only
  std::vector<std::string> security_profiles;  // URIs for authenticated Identify
  bool allow_unencrypted = false;              // told by the config resource, like the next
  AuthenticationFacts authentication;
  EnumerationLimits enumerations;
  EventingLimits eventing;
  Clock clock = std::chrono::steady_clock::now;  // ages enumerations and subscriptions
};

// Thread-safe: the HTTP threads call it at the same time.
class Dispatcher : public http::RequestHandler {
 public:
  // The handlers and the authorizer must outlive the dispatcher.
  Dispatcher(DispatcherOptions options, const Authorizer& authorizer,
             std::vector<ResourceHandler*> handlers);
  ~Dispatcher() override;

  // The URLs that the config resource tells as listeners.
  void SetEndpoints(std::vector<std::string> urls);

  // Answers the requests that wait for events and ends all subscriptions; there
  // are no new ones afterwards. For the time before the server stops.
  void EndSubscriptions();

  void Handle(const auth::Principal& principal, http::Request request,
              std::shared_ptr<http::Responder> responder) override;
  http::Reply RefuseClearText() override;
  std::optional<http::Reply> HandleAnonymousIdentify(std::string_view body) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman
