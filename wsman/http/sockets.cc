#include "wsman/http/sockets.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "wsman/http/discarder.h"

namespace wsman::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using SharedEvents = std::shared_ptr<Transport::Events>;

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

  void Close() override {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  Socket socket_;
  std::unique_ptr<Discarder> discarder_;
};

}  // namespace

std::unique_ptr<Transport> MakePlainTransport(Socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

}  // namespace wsman::http
