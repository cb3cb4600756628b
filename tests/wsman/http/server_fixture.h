// A server on loopback with a handler that counts and answers as told.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/wsman/http/raw_client.h"
#include "wsman/http/server.h"

namespace wsman::http {

// Echoes the body unless `on_request` is set.
class FakeHandler final : public RequestHandler {
 public:
  void Handle(const auth::Principal& principal, Request request,
              std::shared_ptr<Responder> responder) override;
  Reply RefuseClearText() override;
  std::optional<Reply> HandleAnonymousIdentify(std::string_view body) override;

  // Set before the server starts. Called on the server's threads.
  std::function<void(Request, std::shared_ptr<Responder>)> on_request;

  int requests() const { return requests_; }
  int identifies() const { return identifies_; }
  std::string last_caller();
  bool last_was_local();
  // Until so many calls of Handle have returned. Bounded; false when it takes
  // too long.
  bool WaitForRequests(int count);

 private:
  std::atomic<int> requests_ = 0;
  std::atomic<int> identifies_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string last_caller_;      // guarded by mutex_
  bool last_was_local_ = false;  // guarded by mutex_
  int finished_ = 0;             // guarded by mutex_
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  // Starts with options_ and auth_options_ on 127.0.0.1, HTTP and HTTPS.
  void Start();

  // A whole request with a Content-Length that fits; `headers` are whole lines.
  static std::string Post(std::string_view body, std::string_view headers = kAlice,
                          std::string_view target = "/wsman");

  // A connection ends for its peer a moment before it is counted as ended.
  bool WaitForConnections(std::size_t open) const;

  const std::string& http() const { return server_->http_endpoints().front(); }
  const std::string& https() const { return server_->https_endpoints().front(); }
  // For a client that sends the bytes of TLS itself.
  std::string https_in_clear() const { return "http" + https().substr(5); }

  static constexpr char kAlice[] = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";
  static constexpr char kWrong[] = "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n";
  static constexpr char kSoap[] = "Content-Type: application/soap+xml;charset=UTF-8\r\n";

  std::filesystem::path folder_;
  std::filesystem::path users_file_;
  ServerOptions options_;
  auth::Authenticator::Options auth_options_;
  bool negotiate_ = false;       // offer it; alice needs an NT hash then
  bool local_accounts_ = false;  // know the callers of a local socket
  FakeHandler handler_;
  auth::PasswordVerifier* verifier_ = nullptr;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<Server> server_;
};

}  // namespace wsman::http
