#include "tests/wsman/http/server_fixture.h"

#include <stdlib.h>

#include <thread>

#include "tests/support/test_certificates.h"

namespace wsman::http {

void FakeHandler::Handle(const auth::Principal& principal, Request request,
                         std::shared_ptr<Responder> responder) {
  ++requests_;
  {
    const std::lock_guard lock(mutex_);
    last_caller_ = principal.name();
    last_was_local_ = principal.is_local();
  }
  if (on_request) {
    on_request(std::move(request), std::move(responder));
  } else {
    responder->Send({.status = 200,
                     .content_type = "application/soap+xml;charset=UTF-8",
                     .body = std::move(request.body)});
  }
  const std::lock_guard lock(mutex_);
  ++finished_;
  changed_.notify_all();
}

Reply FakeHandler::RefuseClearText() {
  return {.status = 500, .content_type = "application/soap+xml", .body = "<seal-it/>"};
}

std::optional<Reply> FakeHandler::HandleAnonymousIdentify(std::string_view body) {
  if (body != "<identify/>") return std::nullopt;
  ++identifies_;
  return Reply{.status = 200, .content_type = "application/soap+xml", .body = "<identified/>"};
}

std::string FakeHandler::last_caller() {
  const std::lock_guard lock(mutex_);
  return last_caller_;
}

bool FakeHandler::last_was_local() {
  const std::lock_guard lock(mutex_);
  return last_was_local_;
}

bool FakeHandler::WaitForRequests(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10),
                           [this, count] { return finished_ >= count; });
}

ServerTest::ServerTest() {
  std::string folder = ::testing::TempDir() + "server_XXXXXX";
  folder_ = ::mkdtemp(folder.data());
  users_file_ = folder_ / "users";
  if (!auth::SetPassword(users_file_, "alice", "secret")) ADD_FAILURE() << "no users file";
  const auto files = test_support::MakeCertificate(folder_);
  options_.http = {"127.0.0.1:0"};
  options_.https = {"127.0.0.1:0"};
  options_.tls_certificate = files.certificate;
  options_.tls_key = files.key;
  options_.allow_unencrypted = true;
  options_.threads = 2;
  auth_options_.allow_unencrypted = true;
}

ServerTest::~ServerTest() {
  server_.reset();
  authenticator_.reset();
  std::filesystem::remove_all(folder_);
}

void ServerTest::Start() {
  auto verifier = auth::PasswordVerifier::Start(users_file_);
  ASSERT_TRUE(verifier) << verifier.error();
  verifier_ = verifier->get();
  std::unique_ptr<auth::NtAccounts> accounts;
  if (negotiate_) {
    auto opened = auth::NtAccounts::Open(users_file_);
    ASSERT_TRUE(opened) << opened.error();
    accounts = *std::move(opened);
  }
  authenticator_ = std::make_unique<auth::Authenticator>(
      auth_options_,
      auth::Authenticator::Sources{
          .verifier = *std::move(verifier),
          .nt_accounts = std::move(accounts),
          .local_accounts = local_accounts_ ? std::make_unique<auth::LocalAccounts>() : nullptr});
  auto server = Server::Start(options_, *authenticator_, handler_);
  ASSERT_TRUE(server) << server.error();
  server_ = *std::move(server);
}

bool ServerTest::WaitForConnections(std::size_t open) const {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (server_->Statistics().connections_open != open) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string ServerTest::Post(std::string_view body, std::string_view headers,
                             std::string_view target) {
  std::string request = "POST ";
  request.append(target).append(" HTTP/1.1\r\nHost: localhost:5985\r\n").append(kSoap);
  request.append(headers).append("Content-Length: ").append(std::to_string(body.size()));
  return request.append("\r\n\r\n").append(body);
}

}  // namespace wsman::http
