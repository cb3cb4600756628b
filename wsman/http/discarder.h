// The end of a connection whose last reply has been sent.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <memory>
#include <utility>

#include "wsman/http/sockets.h"

namespace wsman::http {

// Ends the sending side and reads into nothing until the peer closes. Stays
// where it is until OnFinished of `events`, which it keeps alive.
class Discarder {
 public:
  void Start(Socket& socket, std::shared_ptr<Transport::Events> events) {
    boost::system::error_code ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    Read(socket, std::move(events));
  }

 private:
  // What is thrown away at most before the connection is closed all the same.
  static constexpr std::size_t kDiscardedBytes = 4 * 1024 * 1024;

  void Read(Socket& socket, std::shared_ptr<Transport::Events> events) {
    socket.async_read_some(boost::asio::buffer(buffer_),
                           [this, &socket, events = std::move(events)](
                               boost::system::error_code error, std::size_t count) mutable {
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

}  // namespace wsman::http
