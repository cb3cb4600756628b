// A dispatcher with two classes behind it, and requests to send it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "fake_resource.h"
#include "support/principal_for_test.h"
#include "wsman/dispatcher.h"

namespace wsman {

inline constexpr std::string_view kSensorUri =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/TestSensor";
inline constexpr std::string_view kSensorDmtfUri =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/TestSensor";
inline constexpr std::string_view kJobUri =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob";
inline constexpr std::string_view kJobId = "{327C1E84-ABC3-475D-A5D3-E7ED09806523}";

// Keeps what was sent. The deadline runs when a test says so.
class FakeResponder : public http::Responder {
 public:
  void Send(http::Reply sent) override {
    ++sends;
    if (!reply) reply = std::move(sent);
  }
  void SetDeadline(std::chrono::steady_clock::time_point at,
                   std::function<http::Reply()> on_expiry) override {
    ++deadlines;
    deadline = at;
    expire = std::move(on_expiry);
  }

  std::optional<http::Reply> reply;
  int sends = 0;
  int deadlines = 0;
  std::chrono::steady_clock::time_point deadline;
  std::function<http::Reply()> expire;
};

// Forbids what a test puts in `forbidden`.
class FakeAuthorizer : public Authorizer {
 public:
  bool Allows(const auth::Principal& /*principal*/, Operation operation) const override {
    return !forbidden.contains(operation);
  }
  std::set<Operation> forbidden;
};

// A request in parts; Text() puts them together.
struct Message {
  std::string action;
  std::string uri = std::string(kSensorUri);
  std::string selectors;  // "<w:Selector …"
  std::string headers;    // more header blocks
  std::string body;
  std::string message_id = "uuid:Mixed-Case-01";
  std::string reply_to = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous";

  std::string Text() const;
};

Message Transfer(std::string_view verb);                         // Get, Put… of sensor 1
Message Enumeration(std::string_view verb, std::string body);    // Enumerate, Pull, Release
Message Method(std::string_view method, std::string arguments);  // of sensor 1
std::string SelectorXml(std::string_view name, std::string_view value);

// Pull in the context of an enumeration or a subscription.
Message Pull(const std::string& context, std::string_view more = {});
std::string ContextIn(const std::string& reply);

inline constexpr std::string_view kWql = "http://schemas.microsoft.com/wbem/wsman/1/WQL";
inline constexpr std::string_view kSelectorFilter =
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter";
std::string Filter(std::string_view dialect, std::string_view content);
std::string SelectorFilter(std::string_view name, std::string_view value);

// The text between the first `open` and the next `close` after it; empty when
// there is none.
std::string Between(std::string_view text, std::string_view open, std::string_view close);

// How often `part` stands in the text.
std::size_t Count(const std::string& text, std::string_view part);

class ServiceTest : public testing::Test {
 protected:
  explicit ServiceTest(DispatcherOptions options = {});

  http::Reply Send(const Message& message);
  http::Reply SendBytes(std::string bytes, std::string content_type);
  http::Reply SendAs(const std::string& user, const Message& message);
  // The responder of a request whose answer may come later.
  std::shared_ptr<FakeResponder> Start(const Message& message);

  // Sends and expects HTTP 500 with this subcode, RelatesTo and these texts.
  void ExpectFault(const Message& message, std::string_view subcode, std::string_view detail,
                   std::string_view wsman_code);
  // Sends, expects HTTP 200 and gives the body.
  std::string ExpectSuccess(const Message& message);

  FakeAuthorizer authorizer_;
  FakeResource sensors_{Sensor()};
  FakeResource jobs_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace wsman
