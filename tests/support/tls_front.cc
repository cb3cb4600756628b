#include "tests/support/tls_front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace test_support {
namespace {

constexpr int kPollMilliseconds = 20;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

bool WriteAll(SSL* ssl, const char* data, int size) { return SSL_write(ssl, data, size) == size; }

bool SendAll(int socket, const char* data, int size) {
  return ::send(socket, data, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
}

// From the client to the server, as far as there is something; false at the end.
bool PassIn(SSL* ssl, int server) {
  std::array<char, 16 * 1024> block;
  do {
    const int n = SSL_read(ssl, block.data(), block.size());
    if (n <= 0 || !SendAll(server, block.data(), n)) return false;
  } while (SSL_pending(ssl) > 0);
  return true;
}

bool PassOut(int server, SSL* ssl) {
  std::array<char, 16 * 1024> block;
  const ssize_t n = ::recv(server, block.data(), block.size(), 0);
  return n > 0 && WriteAll(ssl, block.data(), static_cast<int>(n));
}

}  // namespace

struct TlsFront::Context {
  Context() : ssl(SSL_CTX_new(TLS_server_method())) {}
  ~Context() { SSL_CTX_free(ssl); }
  SSL_CTX* ssl;
};

TlsFront::TlsFront(const CertificateFiles& certificate, std::uint16_t plain_port)
    : context_(std::make_unique<Context>()), plain_port_(plain_port) {
  const bool usable =
      SSL_CTX_use_certificate_chain_file(context_->ssl, certificate.certificate.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context_->ssl, certificate.key.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!usable) throw std::runtime_error("cannot use the certificate of the test server");
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 16);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

TlsFront::~TlsFront() {
  ending_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string TlsFront::Url(const std::string& path) const {
  return "https://127.0.0.1:" + std::to_string(port_) + path;
}

void TlsFront::Accept() {
  while (!ending_) {
    pollfd entry{listener_, POLLIN, 0};
    if (::poll(&entry, 1, kPollMilliseconds) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) threads_.emplace_back([this, client] { Serve(client); });
  }
}

void TlsFront::Serve(int client) {
  // A client that is gone must not end the test.
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  // A client that goes silent ends a read after this time.
  const timeval patience{5, 0};
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::unique_ptr<SSL, SslDeleter> ssl(SSL_new(context_->ssl));
  SSL_set_fd(ssl.get(), client);
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(plain_port_);
  bool open = SSL_accept(ssl.get()) == 1 &&
              ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (open) ++handshakes_;
  while (open && !ending_) {
    pollfd entries[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(entries, 2, kPollMilliseconds) <= 0) continue;
    if (entries[0].revents != 0) open = PassIn(ssl.get(), server);
    if (open && entries[1].revents != 0) open = PassOut(server, ssl.get());
  }
  if (open) SSL_shutdown(ssl.get());
  ::close(server);
  ::close(client);
}

}  // namespace test_support
