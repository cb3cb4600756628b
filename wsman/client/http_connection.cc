#include "wsman/client/http_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "wsman/client/tls_stream.h"

namespace wsman::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

using Parser = http::response_parser<http::string_body>;

// The server answers TimedOut after options.timeout; the network gets a little
// longer so that this answer still arrives.
std::chrono::milliseconds NetworkTimeout(std::chrono::milliseconds timeout) {
  return timeout + std::max(timeout / 4, std::chrono::milliseconds(100));
}

tl::unexpected<ClientError> Fail(ClientError::Kind kind, std::string text) {
  return tl::unexpected(ClientError{kind, std::move(text), 0, 0, {}});
}

http::request<http::string_body> ToHttp(const HttpRequest& request, const Url& url) {
  http::request<http::string_body> message{http::verb::post, url.target, 11};
  message.set(http::field::host, Authority(url));
  message.set(http::field::connection, "Keep-Alive");
  message.set(http::field::content_type, "application/soap+xml;charset=UTF-8");
  message.set(http::field::user_agent, "bitsd WS-Management client");
  if (!request.authorization.empty()) {
    message.set(http::field::authorization, request.authorization);
  }
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

HttpReply FromHttp(Parser::value_type message) {
  HttpReply reply;
  reply.status = message.result_int();
  reply.content_type = std::string(message[http::field::content_type]);
  const auto range = message.equal_range(http::field::www_authenticate);
  for (auto it = range.first; it != range.second; ++it) {
    reply.challenges.emplace_back(it->value());
  }
  reply.body = std::move(message.body());
  return reply;
}

// What a request came to: a reply, or an error and whether any of the reply
// had arrived.
struct Exchange {
  std::optional<HttpReply> reply;
  error_code error;
  bool reply_started = false;
  bool keep_alive = false;
};

}  // namespace

class HttpConnection::Impl {
 public:
  Impl(Url url, const ClientOptions& options)
      : url_(std::move(url)),
        ca_file_(options.ca_file),
        timeout_(options.timeout),
        max_reply_bytes_(options.max_reply_bytes) {}

  Result<HttpReply> Post(const HttpRequest& request, Repeat repeat) {
    const auto message = ToHttp(request, url_);
    bool reused = IsUsable();
    while (true) {
      if (!reused) {
        if (auto connected = Connect(); !connected) return tl::unexpected(connected.error());
      }
      Exchange exchange = tls_ ? Send(*tls_, message) : Send(*plain_, message);
      if (!exchange.keep_alive) Close();
      if (exchange.reply) return std::move(*exchange.reply);
      // The server may have closed an idle connection while the request was on its way.
      const bool lost_idle =
          reused && !exchange.reply_started && exchange.error != beast::error::timeout;
      if (!lost_idle || repeat == Repeat::kNever) return Describe(exchange, repeat);
      reused = false;
    }
  }

 private:
  // Runs one asynchronous operation to its end: Beast's deadlines hold for
  // asynchronous operations only.
  template <class Start>
  error_code Await(Start start) {
    error_code result = asio::error::operation_aborted;
    start([&result](error_code error, auto&&...) { result = error; });
    io_.restart();
    io_.run();
    return result;
  }

  beast::tcp_stream* Socket() {
    if (tls_) return &beast::get_lowest_layer(*tls_);
    return plain_ ? &*plain_ : nullptr;
  }

  void Close() {
    tls_.reset();
    plain_.reset();
  }

  // Nothing may be readable on an idle connection: end of stream, a TLS alert
  // or a late reply all mean that it must not be used again.
  bool IsUsable() {
    beast::tcp_stream* socket = Socket();
    if (socket == nullptr) return false;
    char byte = 0;
    const ssize_t got = ::recv(socket->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    Close();
    return false;
  }

  Result<void> Connect() {
    asio::ip::tcp::resolver resolver(io_);
    asio::ip::tcp::resolver::results_type addresses;
    error_code error = Await([&](auto handler) {
      resolver.async_resolve(url_.host, url_.port,
                             [&addresses, handler](error_code result, auto found) mutable {
                               addresses = found;
                               handler(result);
                             });
    });
    if (error) {
      return Fail(ClientError::Kind::kConnect,
                  fmt::format("cannot find the host {}: {}", url_.host, error.message()));
    }
    plain_.emplace(io_);
    plain_->expires_after(timeout_);
    error = Await([&](auto handler) { plain_->async_connect(addresses, handler); });
    if (error) {
      Close();
      return Fail(ClientError::Kind::kConnect,
                  fmt::format("cannot connect to {}: {}", Authority(url_), error.message()));
    }
    plain_->socket().set_option(asio::ip::tcp::no_delay(true), error);
    return url_.tls ? Handshake() : Result<void>();
  }

  Result<void> Handshake() {
    auto stream = MakeTlsStream(std::move(*plain_), url_.host, ca_file_);
    plain_.reset();
    if (!stream) return Fail(ClientError::Kind::kTls, stream.error());
    tls_ = std::move(*stream);
    Socket()->expires_after(timeout_);
    const error_code error = Await(
        [&](auto handler) { tls_->async_handshake(asio::ssl::stream_base::client, handler); });
    if (!error) return {};
    const std::string reason = WhyHandshakeFailed(*tls_, error);
    Close();
    return Fail(ClientError::Kind::kTls,
                fmt::format("no trusted TLS connection to {}: {}", Authority(url_), reason));
  }

  template <class Stream>
  Exchange Send(Stream& stream, const http::request<http::string_body>& message) {
    Socket()->expires_after(NetworkTimeout(timeout_));
    Exchange exchange;
    const error_code write_error =
        Await([&](auto handler) { http::async_write(stream, message, handler); });
    // A server may answer and close before it has read everything (401, 413):
    // the reply is worth more than the failed write.
    Parser parser;
    parser.body_limit(max_reply_bytes_);
    beast::flat_buffer buffer;
    exchange.error = Read(stream, buffer, parser);
    exchange.reply_started = parser.got_some() || buffer.size() > 0;
    if (exchange.error) {
      if (write_error && !exchange.reply_started) exchange.error = write_error;
      return exchange;
    }
    Socket()->expires_never();
    exchange.keep_alive = parser.get().keep_alive() && !write_error && buffer.size() == 0;
    exchange.reply = FromHttp(parser.release());
    return exchange;
  }

  // The header alone first: Beast 1.74 does not enforce its body limit for a
  // Content-Length whose body arrives together with the header.
  template <class Stream>
  error_code Read(Stream& stream, beast::flat_buffer& buffer, Parser& parser) {
    const error_code error =
        Await([&](auto handler) { http::async_read_header(stream, buffer, parser, handler); });
    if (error) return error;
    if (parser.content_length().value_or(0) > max_reply_bytes_) return http::error::body_limit;
    return Await([&](auto handler) { http::async_read(stream, buffer, parser, handler); });
  }

  Result<HttpReply> Describe(const Exchange& exchange, Repeat repeat) const {
    const std::string host = Authority(url_);
    if (exchange.error == http::error::body_limit) {
      return Fail(ClientError::Kind::kProtocol,
                  fmt::format("the reply of {} is larger than {} bytes", host, max_reply_bytes_));
    }
    const std::string unknown =
        repeat == Repeat::kNever ? "; whether the request was carried out is not known" : "";
    if (exchange.error == beast::error::timeout) {
      return Fail(ClientError::Kind::kConnect,
                  fmt::format("{} did not answer within {} s{}", host,
                              std::chrono::duration<double>(timeout_).count(), unknown));
    }
    if (exchange.error == http::error::partial_message || !exchange.reply_started) {
      return Fail(
          ClientError::Kind::kConnect,
          fmt::format("{} closed the connection before its reply was complete{}", host, unknown));
    }
    return Fail(ClientError::Kind::kProtocol,
                fmt::format("{} did not answer in HTTP: {}", host, exchange.error.message()));
  }

  const Url url_;
  const std::filesystem::path ca_file_;
  const std::chrono::milliseconds timeout_;
  const std::size_t max_reply_bytes_;
  asio::io_context io_;
  std::optional<beast::tcp_stream> plain_;
  std::unique_ptr<TlsStream> tls_;
};

HttpConnection::HttpConnection(Url url, const ClientOptions& options)
    : impl_(std::make_unique<Impl>(std::move(url), options)) {}

HttpConnection::~HttpConnection() = default;

Result<HttpReply> HttpConnection::Post(const HttpRequest& request, Repeat repeat) {
  return impl_->Post(request, repeat);
}

}  // namespace wsman::client
