#include "wsman/http/sockets.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

namespace wsman::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using SharedEvents = std::shared_ptr<Transport::Events>;

// How long a client certificate is good without another look: until then it
// may run out.
constexpr auto kVerifiedFor = std::chrono::seconds(60);

// What is thrown away at most before the connection is closed all the same.
constexpr std::size_t kDiscardedBytes = 4 * 1024 * 1024;

// Ends the sending side and reads into nothing until the peer closes.
class Discarder {
 public:
  void Start(Socket& socket, SharedEvents events) {
    error_code ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    Read(socket, std::move(events));
  }

 private:
  void Read(Socket& socket, SharedEvents events) {
    socket.async_read_some(asio::buffer(buffer_), [this, &socket, events = std::move(events)](
                                                      error_code error, std::size_t count) mutable {
      total_ += count;
      if (error || total_ > kDiscardedBytes) {
        events->OnFinished();
      } else {
        Read(socket, std::move(events));
      }
    });
  }

  std::array<char, 4096> buffer_;
  std::size_t total_ = 0;
};

void CloseSocket(Socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Socket socket) : socket_(std::move(socket)) {}

  void Handshake(SharedEvents events) override {
    asio::post(socket_.get_executor(), [events = std::move(events)] { events->OnReady(true); });
  }

  void Read(SharedEvents events, std::span<char> into) override {
    socket_.async_read_some(asio::buffer(into.data(), into.size()),
                            [events = std::move(events)](error_code error, std::size_t count) {
                              events->OnRead(error ? 0 : count);
                            });
  }

  void Write(SharedEvents events, std::string_view first, std::string_view second) override {
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(first), asio::buffer(second)};
    asio::async_write(
        socket_, buffers,
        [events = std::move(events)](error_code error, std::size_t) { events->OnWritten(!error); });
  }

  void Finish(SharedEvents events) override {
    discarder_ = std::make_unique<Discarder>();
    discarder_->Start(socket_, std::move(events));
  }

  std::optional<auth::ClientCertificate> VerifiedPeer() override { return std::nullopt; }

  void Close() override { CloseSocket(socket_); }

 private:
  Socket socket_;
  std::unique_ptr<Discarder> discarder_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(Socket socket, const std::shared_ptr<const TlsContext>& current)
      : current_(current),
        context_(current->NewReference()),
        stream_(std::move(socket), context_) {}

  void Handshake(SharedEvents events) override {
    stream_.async_handshake(
        asio::ssl::stream_base::server,
        [events = std::move(events)](error_code error) { events->OnReady(!error); });
  }

  void Read(SharedEvents events, std::span<char> into) override {
    stream_.async_read_some(asio::buffer(into.data(), into.size()),
                            [events = std::move(events)](error_code error, std::size_t count) {
                              events->OnRead(error ? 0 : count);
                            });
  }

  // One buffer makes one record and one packet of a small reply.
  void Write(SharedEvents events, std::string_view first, std::string_view second) override {
    outgoing_.assign(first).append(second);
    asio::async_write(
        stream_, asio::buffer(outgoing_),
        [events = std::move(events)](error_code error, std::size_t) { events->OnWritten(!error); });
  }

  void Finish(SharedEvents events) override {
    stream_.async_shutdown([this, events = std::move(events)](error_code) mutable {
      discarder_ = std::make_unique<Discarder>();
      discarder_->Start(stream_.next_layer(), std::move(events));
    });
  }

  std::optional<auth::ClientCertificate> VerifiedPeer() override {
    const auto now = std::chrono::steady_clock::now();
    if (verified_with_ != current_ || now >= verify_again_) {
      const auto verified = current_->VerifyClient(stream_.native_handle());
      if (!verified) spdlog::debug("client certificate refused: {}", verified.error());
      peer_.reset();
      if (verified) peer_ = *verified;
      verified_with_ = current_;
      verify_again_ = now + kVerifiedFor;
    }
    return peer_;
  }

  void Close() override { CloseSocket(stream_.next_layer()); }

 private:
  const std::shared_ptr<const TlsContext>& current_;
  std::shared_ptr<const TlsContext> verified_with_;  // null: not yet
  std::chrono::steady_clock::time_point verify_again_;
  std::optional<auth::ClientCertificate> peer_;
  asio::ssl::context context_;
  asio::ssl::stream<Socket> stream_;
  std::string outgoing_;
  std::unique_ptr<Discarder> discarder_;
};

}  // namespace

std::unique_ptr<Transport> MakePlainTransport(Socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<Transport> MakeTlsTransport(Socket socket,
                                            const std::shared_ptr<const TlsContext>& current) {
  return std::make_unique<TlsTransport>(std::move(socket), current);
}

}  // namespace wsman::http
