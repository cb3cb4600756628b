#include "wsman/client/client.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "schema/cim.h"
#include "wsman/action.h"
#include "wsman/client/conversation.h"
#include "wsman/client/http_status.h"
#include "wsman/client/reply_reader.h"
#include "wsman/client/request_writer.h"
#include "wsman/client/url.h"

namespace wsman::client {
namespace {

using Kind = ClientError::Kind;

// What HTTP and WS-Addressing call a service that has no address of its own.
constexpr char kLocalUrl[] = "http://localhost:5985/wsman";

tl::unexpected<ClientError> Fail(Kind kind, std::string text, int http_status = 0) {
  return tl::unexpected(ClientError{kind, std::move(text), http_status, 0, {}});
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(ClientOptions options) : options_(std::move(options)), session_id_(NewUuid()) {
    auto url = ParseUrl(options_.socket.empty() ? options_.url : kLocalUrl);
    if (!url) {
      unusable_ = ClientError{Kind::kProtocol, url.error(), 0, 0, {}};
      return;
    }
    if (options_.socket.empty()) unusable_ = Refusal(*url);
    if (!unusable_) conversation_.emplace(std::move(*url), options_);
  }

  Result<Element> Identify() {
    if (unusable_) return tl::unexpected(*unusable_);
    if (!options_.user.empty() || options_.auth != AuthMode::kAuto || !options_.socket.empty()) {
      return NeedElement(Read(conversation_->Post(WriteIdentify(), Repeat::kSafe), {}));
    }
    return NeedElement(Read(
        conversation_->PostAnonymously(WriteIdentify(), {{"WSMANIDENTIFY", "unauthenticated"}}),
        {}));
  }

  Result<std::optional<Element>> Call(std::string_view resource_uri, std::string action,
                                      const std::vector<Selector>& selectors, std::string_view body,
                                      Repeat repeat, const std::string& subscription = {}) {
    RequestHeader header;
    header.to = options_.socket.empty() ? options_.url : kLocalUrl;
    header.resource_uri = resource_uri;
    header.action = std::move(action);
    header.message_id = NewUuid();
    header.session_id = session_id_;
    header.max_envelope_bytes = options_.max_envelope_bytes;
    header.timeout = options_.timeout;
    header.selectors = selectors;
    header.subscription = subscription;
    if (unusable_) return tl::unexpected(*unusable_);
    return Read(conversation_->Post(WriteRequest(header, body), repeat), header.message_id);
  }

  static Result<Element> NeedElement(Result<std::optional<Element>> body) {
    if (!body) return tl::unexpected(std::move(body.error()));
    if (!*body) return Fail(Kind::kProtocol, "the reply has an empty body");
    return std::move(**body);
  }

 private:
  std::optional<ClientError> Refusal(const Url& url) const {
    const auto refuse = [](std::string text) {
      return ClientError{Kind::kProtocol, std::move(text), 0, 0, {}};
    };
    if (options_.auth != AuthMode::kBasic) return std::nullopt;
    if (options_.user.empty()) return refuse("Basic authentication needs a user name");
    if (options_.user.find(':') != std::string::npos) {
      return refuse("a user name must not contain ':'; Basic authentication cannot carry it");
    }
    if (!url.tls && !options_.allow_unencrypted && !IsLoopback(url)) {
      return refuse(fmt::format(
          "Basic would send the password across the network to {} in the clear; use its https URL",
          url.host));
    }
    return std::nullopt;
  }

  Result<std::optional<Element>> Read(Result<HttpReply> reply, std::string_view message_id) const {
    if (!reply) return tl::unexpected(std::move(reply.error()));
    auto body = ReadReply(std::move(reply->body), reply->content_type, message_id);
    if (!body && body.error().kind == Kind::kFault) {
      body.error().http_status = reply->status;
      body.error().local = !options_.socket.empty();
      return body;
    }
    if (reply->status != 200) return Fail(Kind::kHttp, TextOfStatus(reply->status), reply->status);
    return body;
  }

  const ClientOptions options_;
  const std::string session_id_;
  std::optional<ClientError> unusable_;  // why no request can be sent
  std::optional<Conversation> conversation_;
};

namespace {

// Method, argument and property names become element names.
std::optional<ClientError> BadName(std::string_view name) {
  if (IsElementName(name)) return std::nullopt;
  return ClientError{
      Kind::kProtocol, fmt::format("'{}' is not the name of a CIM element", name), 0, 0, {}};
}

std::optional<ClientError> BadNames(std::string_view root, const Properties& values) {
  if (auto error = BadName(root)) return error;
  for (const auto& value : values) {
    if (auto error = BadName(value.first)) return error;
  }
  return std::nullopt;
}

// One reply to Enumerate or Pull, taken apart.
struct Batch {
  std::vector<Element> items;
  std::string context;  // empty at the end
};

Batch ReadBatch(Element reply) {
  Batch batch;
  for (Element& child : reply.children) {
    if (child.name == "Items") batch.items = std::move(child.children);
    if (child.name == "EnumerationContext") batch.context = child.text;
  }
  if (Child(reply, "EndOfSequence") != nullptr) batch.context.clear();
  return batch;
}

}  // namespace

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Element> Client::Identify() { return impl_->Identify(); }

Result<Element> Client::Get(const std::string& resource_uri,
                            const std::vector<Selector>& selectors) {
  return Impl::NeedElement(impl_->Call(resource_uri, std::string(ActionUri(Operation::kGet)),
                                       selectors, {}, Repeat::kSafe));
}

Result<Element> Client::Put(const std::string& resource_uri, const std::vector<Selector>& selectors,
                            const Properties& values) {
  const std::string_view name = ClassOf(resource_uri);
  if (auto error = BadNames(name, values)) return tl::unexpected(*error);
  return Impl::NeedElement(impl_->Call(resource_uri, std::string(ActionUri(Operation::kPut)),
                                       selectors, WriteValues(name, resource_uri, values),
                                       Repeat::kSafe));
}

Result<void> Client::Delete(const std::string& resource_uri,
                            const std::vector<Selector>& selectors) {
  auto body = impl_->Call(resource_uri, std::string(ActionUri(Operation::kDelete)), selectors, {},
                          Repeat::kNever);
  if (!body) return tl::unexpected(std::move(body.error()));
  return {};
}

Result<Element> Client::Invoke(const std::string& resource_uri, const std::string& method,
                               const std::vector<Selector>& selectors,
                               const Properties& arguments) {
  if (auto error = BadNames(method, arguments)) return tl::unexpected(*error);
  return Impl::NeedElement(impl_->Call(resource_uri, resource_uri + "/" + method, selectors,
                                       WriteValues(method + "_INPUT", resource_uri, arguments),
                                       Repeat::kNever));
}

Result<std::vector<Element>> Client::Enumerate(const std::string& resource_uri,
                                               const std::string& wql) {
  std::vector<Element> items;
  auto reply =
      Impl::NeedElement(impl_->Call(resource_uri, std::string(ActionUri(Operation::kEnumerate)), {},
                                    WriteEnumerate(wql), Repeat::kSafe));
  while (true) {
    if (!reply) return tl::unexpected(std::move(reply.error()));
    Batch batch = ReadBatch(std::move(*reply));
    std::move(batch.items.begin(), batch.items.end(), std::back_inserter(items));
    if (batch.context.empty()) return items;
    reply = Impl::NeedElement(impl_->Call(resource_uri, std::string(ActionUri(Operation::kPull)),
                                          {}, WritePull(batch.context), Repeat::kNever));
  }
}

Result<std::string> Client::Subscribe(const std::string& resource_uri, const std::string& wql) {
  auto reply =
      Impl::NeedElement(impl_->Call(resource_uri, std::string(ActionUri(Operation::kSubscribe)), {},
                                    WriteSubscribe(wql), Repeat::kNever));
  if (!reply) return tl::unexpected(std::move(reply.error()));
  Batch batch = ReadBatch(*std::move(reply));
  if (batch.context.empty())
    return Fail(Kind::kProtocol, "the host subscribed without telling the name to pull with");
  return std::move(batch.context);
}

Result<std::vector<Element>> Client::PullEvents(const std::string& resource_uri,
                                                const std::string& subscription,
                                                std::chrono::milliseconds wait) {
  auto reply =
      Impl::NeedElement(impl_->Call(resource_uri, std::string(ActionUri(Operation::kPull)), {},
                                    WriteEventPull(subscription, wait), Repeat::kNever));
  if (!reply && reply.error().subcode == "TimedOut") return std::vector<Element>{};
  if (!reply) return tl::unexpected(std::move(reply.error()));
  return ReadBatch(*std::move(reply)).items;
}

Result<void> Client::Unsubscribe(const std::string& resource_uri, const std::string& subscription) {
  auto body = impl_->Call(resource_uri, std::string(ActionUri(Operation::kUnsubscribe)), {}, {},
                          Repeat::kNever, subscription);
  if (!body) return tl::unexpected(std::move(body.error()));
  return {};
}

std::optional<std::string> ChildText(const Element& element, std::string_view name) {
  const Element* child = Child(element, name);
  if (child == nullptr || child->nil) return std::nullopt;
  return child->text;
}

}  // namespace wsman::client
