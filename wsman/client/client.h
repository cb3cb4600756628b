// A WS-Management client: what bitsctl and the tests speak.
//
// Blocking and not thread-safe: one Client is one connection to one host, kept
// alive between calls and opened again when the server closed it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/message.h"

namespace wsman::client {

struct ClientOptions {
  std::string url;                       // "https://host:5986/wsman"; http only where the server allows it
  std::string user;
  std::string password;
  std::filesystem::path ca_file;         // PEM; empty takes the system's
  bool verify_certificate = true;
  std::chrono::milliseconds timeout{60'000};
};

// What went wrong, for exit codes and messages.
struct ClientError {
  enum class Kind { kConnect, kTls, kUnauthorized, kHttp, kProtocol, kFault };
  Kind kind;
  std::string text;                      // one sentence for people
  int http_status = 0;
  std::uint32_t code = 0;                // f:WSManFault Code of a fault
  std::string subcode;                   // local name: "DestinationUnreachable"
};

template <class T>
using Result = tl::expected<T, ClientError>;

// A reply body's first element; nil and nesting as in a request's body.
using Properties = std::vector<std::pair<std::string, std::string>>;

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  Result<Element> Identify();
  Result<Element> Get(const std::string& resource_uri, const std::vector<Selector>& selectors);
  // Sends only the given properties; returns the new representation.
  Result<Element> Put(const std::string& resource_uri, const std::vector<Selector>& selectors,
                      const Properties& values);
  Result<void> Delete(const std::string& resource_uri, const std::vector<Selector>& selectors);
  // The X_OUTPUT element, ReturnValue included.
  Result<Element> Invoke(const std::string& resource_uri, const std::string& method,
                         const std::vector<Selector>& selectors, const Properties& arguments);
  // All instances: Enumerate and as many Pulls as it takes.
  Result<std::vector<Element>> Enumerate(const std::string& resource_uri);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The text of a child element, matched without case; empty when it is absent or nil.
std::optional<std::string> ChildText(const Element& element, std::string_view name);

}  // namespace wsman::client
