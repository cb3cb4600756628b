#include "wsman/http/sockets.h"

#include <algorithm>
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

  // Waits for its turn instead of trying at once: whoever has the next request
  // ready by then would be served again before those who have waited longer.
  // Where the last read has filled its buffer this is the rest of a large one.
  void Read(SharedEvents events, std::span<char> into) override {
    if (std::exchange(more_follows_, false)) {
      return socket_.async_read_some(
          asio::buffer(into.data(), into.size()),
          [this, into, events = std::move(events)](error_code error, std::size_t count) {
            Report(*events, into, error, count);
          });
    }
    socket_.async_wait(Socket::wait_read,
                       [this, into, events = std::move(events)](error_code error) mutable {
                         std::size_t count = 0;
                         if (!error)
                           count = socket_.read_some(asio::buffer(into.data(), into.size()), error);
                         if (error == asio::error::would_block)
                           return Read(std::move(events), into);
                         Report(*events, into, error, count);
                       });
  }

  // Behind what else is ready, so that the replies of one round leave together:
  // peers are woken less often, and not in the middle of the round.
  void Write(SharedEvents events, std::string_view first, std::string_view second) override {
    asio::post(socket_.get_executor(), [this, first, second, events = std::move(events)]() mutable {
      WriteNow(std::move(events), first, second);
    });
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
  using Buffers = std::array<asio::const_buffer, 2>;

  void WriteNow(SharedEvents events, std::string_view first, std::string_view second) {
    error_code error;
    const std::size_t count =
        socket_.write_some(Buffers{asio::buffer(first), asio::buffer(second)}, error);
    if (error && error != asio::error::would_block) return events->OnWritten(false);
    const std::size_t of_first = std::min(count, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(count - of_first);
    if (first.empty() && second.empty()) return events->OnWritten(true);
    asio::async_write(socket_, Buffers{asio::buffer(first), asio::buffer(second)},
                      [events = std::move(events)](error_code failed, std::size_t) {
                        events->OnWritten(!failed);
                      });
  }

  void Report(Events& events, std::span<char> into, error_code error, std::size_t count) {
    more_follows_ = count == into.size();
    events.OnRead(error ? 0 : count);
  }

  Socket socket_;
  bool more_follows_ = false;
  std::unique_ptr<Discarder> discarder_;
};

}  // namespace

std::unique_ptr<Transport> MakePlainTransport(Socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

}  // namespace wsman::http
