// A WS-Management client: what bitsctl and the tests speak.
//
// Blocking and not thread-safe: one Client is one connection to one host, kept
// alive between calls and opened again when the server closed it.
#pragma once

#include <chrono>
#include <cstddef>
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

// How a client logs in. What is not allowed here is never tried, whatever the
// host offers.
enum class AuthMode : std::uint8_t {
  // Negotiate, or Kerberos by itself where the host has only that. Where the
  // host refuses both and a password may be shown to it (https, this machine,
  // or allow_unencrypted), Basic.
  kAuto,
  kNegotiate,  // Kerberos with a ticket of the user, otherwise NTLM
  kKerberos,   // nothing else, behind Negotiate or by itself
  kNtlm,       // nothing else
  kBasic,
};

// Certificates of https hosts are always verified, chain and name. Over http,
// Negotiate and Kerberos seal every message, and a reply that is not sealed is
// refused; over https they bind the login to the TLS connection.
struct ClientOptions {
  std::string url;  // "http://host:5985/wsman"
  // A Unix socket of this machine to connect to instead, whose service asks the
  // kernel who this process is: `url`, `user` and what else is for logging in are
  // of no account then.
  std::filesystem::path socket = {};
  // "u", "DOM\u" or "u@dom". Empty takes the Kerberos ticket of whoever runs
  // this; Identify is unauthenticated then, unless `auth` is not kAuto.
  std::string user;
  std::string password;  // not needed with a ticket
  AuthMode auth = AuthMode::kAuto;
  std::filesystem::path ca_file;                   // PEM; empty takes the system's
  std::chrono::milliseconds timeout{60'000};       // one request, as OperationTimeout
  std::size_t max_envelope_bytes = 512'000;        // the largest reply the server may make
  std::size_t max_reply_bytes = 64 * 1024 * 1024;  // the largest HTTP body that is read
  // Lets Basic send a password over http to hosts other than this one.
  bool allow_unencrypted = false;
};

// What went wrong, for exit codes and messages.
struct ClientError {
  // kConnect: no connection, or it was lost; kTls: no trusted connection;
  // kUntrusted: the host did not prove who it is, or a message was altered or
  // not sealed; kUnauthorized: there is no login; kHttp: any other HTTP status
  // without a fault; kProtocol: the options, the arguments or the reply are not
  // WS-Management.
  enum class Kind { kConnect, kTls, kUntrusted, kUnauthorized, kHttp, kProtocol, kFault };
  // Why there is no login.
  enum class Login {
    kNone,           // it is not about that
    kNoCredentials,  // neither user nor ticket
    kNoTicket,       // no Kerberos ticket that can be used
    kClockSkew,      // the clocks differ too much for Kerberos
    kKerberos,       // no ticket for this host
    kNotOffered,     // the host offers only what is not allowed
    kRefused,        // the host refused the user name or password
    kTicketRefused,  // the host refused the Kerberos ticket
  };
  Kind kind;
  std::string text;  // one sentence for people
  int http_status = 0;
  std::uint32_t code = 0;  // f:WSManFault Code of a fault
  std::string subcode;     // local name: "DestinationUnreachable"
  Login login = Login::kNone;
  bool local = false;  // it is about a Unix socket of this machine
};

template <class T>
using Result = tl::expected<T, ClientError>;

// Element names and texts, in the order to send them. A name may come several
// times (arrays).
using Properties = std::vector<std::pair<std::string, std::string>>;

// A request whose reply never came is sent a second time only when doing it
// twice changes nothing (Identify, Get, Put, Enumerate). All others return
// kConnect then: whether they were carried out is not known. The second time
// is on another connection with a login of its own, and sealed anew.
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
  // All instances: Enumerate and as many Pulls as it takes. A WQL query, when
  // there is one, goes along as the filter.
  Result<std::vector<Element>> Enumerate(const std::string& resource_uri,
                                         const std::string& wql = {});

  // Subscribes to events with a WQL query, all of the class without one; gives
  // the name of the subscription, which ends by itself after the service's time.
  Result<std::string> Subscribe(const std::string& resource_uri, const std::string& wql);
  // The next events, waited for at most so long (and the options' timeout).
  // Empty when there was none.
  Result<std::vector<Element>> PullEvents(const std::string& resource_uri,
                                          const std::string& subscription,
                                          std::chrono::milliseconds wait);
  Result<void> Unsubscribe(const std::string& resource_uri, const std::string& subscription);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The text of a child element, matched without case; empty when it is absent or nil.
std::optional<std::string> ChildText(const Element& element, std::string_view name);

}  // namespace wsman::client
