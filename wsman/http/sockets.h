// Transports over Asio sockets. The one header that names Asio's types; all of
// them use the io_context's concrete executor, which spares a virtual call and
// an allocation for each operation.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "wsman/http/tls.h"
#include "wsman/http/transport.h"

namespace wsman::http {

using Executor = boost::asio::io_context::executor_type;
// Of TCP, or of a Unix socket.
using StreamProtocol = boost::asio::generic::stream_protocol;
using Socket = boost::asio::basic_stream_socket<StreamProtocol, Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<StreamProtocol, Executor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

std::unique_ptr<Transport> MakePlainTransport(Socket socket);

// The connection is made with what `current` holds, and the peer's certificate
// verified with what it holds at that time. `current` outlives the transport.
std::unique_ptr<Transport> MakeTlsTransport(Socket socket,
                                            const std::shared_ptr<const TlsContext>& current);

}  // namespace wsman::http
