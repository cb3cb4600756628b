#include "tests/wsman/http/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace wsman::http {
namespace {

constexpr int kPatienceSeconds = 10;

void BePatient(int descriptor) {
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

int ConnectLocally(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BePatient(descriptor);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(descriptor);
    return -1;
  }
  return descriptor;
}

int Connect(const std::string& endpoint) {
  constexpr std::string_view kLocal = "unix:";
  if (endpoint.starts_with(kLocal)) return ConnectLocally(endpoint.substr(kLocal.size()));
  const std::size_t host = endpoint.find("//") + 2;
  const std::size_t colon = endpoint.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(endpoint.c_str() + colon + 1)));
  ::inet_pton(AF_INET, endpoint.substr(host, colon - host).c_str(), &address.sin_addr);
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BePatient(descriptor);
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(descriptor);
    return -1;
  }
  return descriptor;
}

}  // namespace

bool RawReply::Has(std::string_view header_line) const {
  return head.find("\r\n" + std::string(header_line) + "\r\n") != std::string::npos;
}

std::string RawReply::HeadWithoutDate() const {
  const std::size_t date = head.find("\r\nDate: ");
  if (date == std::string::npos) return head;
  return std::string(head).erase(date, head.find('\r', date + 2) - date);
}

RawClient::RawClient(const std::string& endpoint, const std::optional<Certificate>& shown)
    : socket_(Connect(endpoint)) {
  if (socket_ < 0) {
    ADD_FAILURE() << "cannot connect to " << endpoint;
    return;
  }
  if (!endpoint.starts_with("https")) return;
  tls_context_ = SSL_CTX_new(TLS_client_method());
  if (shown) {
    EXPECT_EQ(SSL_CTX_use_certificate_chain_file(tls_context_, shown->certificate.c_str()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(tls_context_, shown->key.c_str(), SSL_FILETYPE_PEM), 1);
  }
  tls_ = SSL_new(tls_context_);
  SSL_set_fd(tls_, socket_);
  EXPECT_EQ(SSL_connect(tls_), 1);
}

std::string RawClient::ServerFingerprint() const {
  std::array<unsigned char, 32> bytes{};
  unsigned size = 0;
  X509* const certificate = SSL_get1_peer_certificate(tls_);
  EXPECT_EQ(X509_digest(certificate, EVP_sha256(), bytes.data(), &size), 1);
  X509_free(certificate);
  return std::string(bytes.begin(), bytes.end());
}

RawClient::~RawClient() {
  SSL_free(tls_);
  SSL_CTX_free(tls_context_);
  if (socket_ >= 0) ::close(socket_);
}

// Failing to send is no failure of a test: a server may close while it is sent
// too much.
void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = tls_ == nullptr
                              ? ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                              : SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool RawClient::ReadSome() {
  char buffer[16 * 1024];
  const ssize_t count = tls_ == nullptr ? ::recv(socket_, buffer, sizeof(buffer), 0)
                                        : SSL_read(tls_, buffer, sizeof(buffer));
  if (count <= 0) return false;
  received_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::optional<RawReply> RawClient::Receive() {
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadSome()) return std::nullopt;
  }
  end += 4;
  RawReply reply{.head = received_.substr(0, end)};
  reply.status = std::atoi(reply.head.c_str() + std::string_view("HTTP/1.1 ").size());
  const std::size_t length_at = reply.head.find("Content-Length: ");
  const std::size_t length =
      length_at == std::string::npos
          ? 0
          : static_cast<std::size_t>(std::atoll(reply.head.c_str() + length_at + 16));
  while (received_.size() < end + length) {
    if (!ReadSome()) return std::nullopt;
  }
  reply.body = received_.substr(end, length);
  received_.erase(0, end + length);
  return reply;
}

std::optional<RawReply> RawClient::Ask(std::string_view request) {
  Send(request);
  return Receive();
}

bool RawClient::IsClosed() {
  errno = 0;  // the end of the stream leaves it as it is
  if (!received_.empty() || ReadSome()) return false;
  // A timeout is not an end.
  return !(errno == EAGAIN && tls_ == nullptr);
}

bool RawClient::HasBytes(std::chrono::milliseconds patience) {
  if (!received_.empty()) return true;
  pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
  return ::poll(&wait, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace wsman::http
