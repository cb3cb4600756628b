// TLS straight on the socket. Asio's own stream keeps four buffers of 17 KiB for
// every connection; here OpenSSL's are all there are, and it lets go of them
// while nothing is under way (SSL_MODE_RELEASE_BUFFERS).
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "wsman/http/discarder.h"
#include "wsman/http/sockets.h"

namespace wsman::http {
namespace {

using boost::system::error_code;
using SharedEvents = std::shared_ptr<Transport::Events>;

// How long a client certificate is good without another look: until then it
// may run out.
constexpr auto kVerifiedFor = std::chrono::seconds(60);

// What OpenSSL reads from and writes to. Its own socket BIO would raise SIGPIPE,
// and would use the number of a socket that has been closed.
int HandleOf(BIO* bio) { return static_cast<Socket*>(BIO_get_data(bio))->native_handle(); }

bool MayTryAgain(ssize_t count) { return count < 0 && (errno == EAGAIN || errno == EINTR); }

int FromSocket(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(HandleOf(bio), into, static_cast<std::size_t>(size), 0);
  if (MayTryAgain(count)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

int ToSocket(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::send(HandleOf(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (MayTryAgain(count)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

// Everything is on its way once it has been written.
long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* SocketMethod() {
  struct Free {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };
  static const std::unique_ptr<BIO_METHOD, Free> kMethod = [] {
    std::unique_ptr<BIO_METHOD, Free> method(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(method.get(), FromSocket);
    BIO_meth_set_write(method.get(), ToSocket);
    BIO_meth_set_ctrl(method.get(), Control);
    return method;
  }();
  return kMethod.get();
}

// Most replies fit.
constexpr long kRecordBytes = 4 * 1024;

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

using SslHandle = std::unique_ptr<SSL, FreeSsl>;

SslHandle MakeSsl(const TlsContext& tls, Socket& socket) {
  SSL_CTX* context = tls.NewReference();
  SslHandle ssl(SSL_new(context));
  SSL_CTX_free(context);
  BIO* bio = BIO_new(SocketMethod());
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  // A record in one read instead of its head first.
  SSL_set_read_ahead(ssl.get(), 1);
  // Decides the size of the buffer for writing, which every client has in the
  // handshake: many of them begin at the same time.
  SSL_set_max_send_fragment(ssl.get(), kRecordBytes);
  return ssl;
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(Socket socket, const std::shared_ptr<const TlsContext>& current)
      : current_(current), socket_(std::move(socket)), ssl_(MakeSsl(*current, socket_)) {}

  void Handshake(SharedEvents events) override {
    Begin(std::move(events), {&TlsTransport::Accept, [](TlsTransport& self, Events& to, bool ok) {
                                self.AcknowledgeHandshake();
                                to.OnReady(ok);
                              }});
  }

  // As without TLS, a new request waits for its turn.
  void Read(SharedEvents events, std::span<char> into) override {
    const bool more_follows = received_ == into_.size() || SSL_has_pending(ssl_.get()) == 1;
    into_ = into;
    const Operation operation = {
        &TlsTransport::Receive,
        [](TlsTransport& self, Events& to, bool ok) { to.OnRead(ok ? self.received_ : 0); }};
    if (more_follows) return Begin(std::move(events), operation);
    Await(std::move(events), operation, Progress::kWaitsToRead);
  }

  // One buffer makes one record and one packet of a small reply.
  void Write(SharedEvents events, std::string_view first, std::string_view second) override {
    outgoing_.reserve(first.size() + second.size());
    outgoing_.assign(first).append(second);
    written_ = 0;
    const Operation operation = {&TlsTransport::Send, [](TlsTransport& self, Events& to, bool ok) {
                                   self.outgoing_ = std::string();
                                   to.OnWritten(ok);
                                 }};
    // Behind what else is ready, as without TLS.
    boost::asio::post(socket_.get_executor(),
                      [this, events = std::move(events), operation]() mutable {
                        Continue(std::move(events), operation);
                      });
  }

  void Finish(SharedEvents events) override {
    // The peer's own goodbye is not waited for. This one is lost when the socket
    // takes nothing more, which is as if it were lost on the way.
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    discarder_ = std::make_unique<Discarder>();
    discarder_->Start(socket_, std::move(events));
  }

  std::optional<auth::ClientCertificate> VerifiedPeer() override {
    const auto now = std::chrono::steady_clock::now();
    if (verified_with_ != current_ || now >= verify_again_) {
      const auto verified = current_->VerifyClient(ssl_.get());
      if (!verified) spdlog::debug("client certificate refused: {}", verified.error());
      peer_.reset();
      if (verified) peer_ = *verified;
      verified_with_ = current_;
      verify_again_ = now + kVerifiedFor;
    }
    return peer_;
  }

  void Close() override {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  enum class Progress { kDone, kFailed, kWaitsToRead, kWaitsToWrite };

  struct Operation {
    Progress (TlsTransport::*step)();
    void (*report)(TlsTransport& self, Events& events, bool ok);
  };

  // The report never comes from inside the call that asked for the operation.
  void Begin(SharedEvents events, Operation operation) {
    const Progress progress = (this->*operation.step)();
    if (Waits(progress)) return Await(std::move(events), operation, progress);
    boost::asio::post(socket_.get_executor(),
                      [this, events = std::move(events), operation, progress] {
                        operation.report(*this, *events, progress == Progress::kDone);
                      });
  }

  void Continue(SharedEvents events, Operation operation) {
    const Progress progress = (this->*operation.step)();
    if (Waits(progress)) return Await(std::move(events), operation, progress);
    operation.report(*this, *events, progress == Progress::kDone);
  }

  void Await(SharedEvents events, Operation operation, Progress progress) {
    const auto what = progress == Progress::kWaitsToRead ? Socket::wait_read : Socket::wait_write;
    socket_.async_wait(what, [this, events = std::move(events), operation](error_code error) {
      if (error) return operation.report(*this, *events, false);
      Continue(events, operation);
    });
  }

  static bool Waits(Progress progress) {
    return progress == Progress::kWaitsToRead || progress == Progress::kWaitsToWrite;
  }

  // Nothing is sent in reply to the client's last message. A client without
  // TCP_NODELAY holds its request back until that has been acknowledged, which
  // would be 40 ms later.
  void AcknowledgeHandshake() {
    using QuickAck = boost::asio::detail::socket_option::boolean<IPPROTO_TCP, TCP_QUICKACK>;
    error_code ignored;
    socket_.set_option(QuickAck(true), ignored);
  }

  Progress Accept() {
    ERR_clear_error();
    return After(SSL_accept(ssl_.get()));
  }

  Progress Receive() {
    ERR_clear_error();
    return After(SSL_read_ex(ssl_.get(), into_.data(), into_.size(), &received_));
  }

  Progress Send() {
    while (written_ < outgoing_.size()) {
      ERR_clear_error();
      std::size_t count = 0;
      const Progress progress = After(SSL_write_ex(ssl_.get(), outgoing_.data() + written_,
                                                   outgoing_.size() - written_, &count));
      if (progress != Progress::kDone) return progress;
      written_ += count;
    }
    return Progress::kDone;
  }

  Progress After(int result) const {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_NONE:
        return Progress::kDone;
      case SSL_ERROR_WANT_READ:
        return Progress::kWaitsToRead;
      case SSL_ERROR_WANT_WRITE:
        return Progress::kWaitsToWrite;
      default:
        return Progress::kFailed;
    }
  }

  const std::shared_ptr<const TlsContext>& current_;  // the files as last read
  std::shared_ptr<const TlsContext> verified_with_;   // null: not yet
  std::chrono::steady_clock::time_point verify_again_;
  std::optional<auth::ClientCertificate> peer_;
  Socket socket_;
  const SslHandle ssl_;
  std::span<char> into_;
  std::size_t received_ = 0;
  std::string outgoing_;  // the first written_ bytes have been taken
  std::size_t written_ = 0;
  std::unique_ptr<Discarder> discarder_;
};

}  // namespace

std::unique_ptr<Transport> MakeTlsTransport(Socket socket,
                                            const std::shared_ptr<const TlsContext>& current) {
  return std::make_unique<TlsTransport>(std::move(socket), current);
}

}  // namespace wsman::http
