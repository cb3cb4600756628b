#include "wsman/client/http_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "wsman/client/tls_stream.h"

namespace wsman::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

using LocalStream = beast::basic_stream<asio::local::stream_protocol>;
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
  message.set(http::field::content_type, request.content_type);
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
        path_(options.socket),
        name_(path_.empty() ? Authority(url_) : "the local socket " + path_.string()),
        ca_file_(options.ca_file),
        timeout_(options.timeout),
        max_reply_bytes_(options.max_reply_bytes) {}

  // Nothing may be readable on an idle connection: end of stream, a TLS alert
  // or a late reply all mean that it must not be used again.
  bool IsOpen() {
    const int socket = Descriptor();
    if (socket < 0) return false;
    char byte = 0;
    const ssize_t got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    Close();
    return false;
  }

  Result<void> Open() {
    Close();
    return path_.empty() ? Connect() : ConnectLocally();
  }

  void Close() {
    tls_.reset();
    plain_.reset();
    local_.reset();
  }

  tl::expected<HttpReply, NoReply> Post(const HttpRequest& request) {
    const auto message = ToHttp(request, url_);
    const std::size_t limit = max_reply_bytes_ + request.reply_overhead;
    Exchange exchange = tls_     ? Send(*tls_, message, limit)
                        : local_ ? Send(*local_, message, limit)
                                 : Send(*plain_, message, limit);
    if (!exchange.keep_alive) Close();
    if (exchange.reply) return std::move(*exchange.reply);
    return tl::unexpected(NoReply{
        Describe(exchange), !exchange.reply_started && exchange.error != beast::error::timeout});
  }

  std::optional<std::string> channel_binding() const {
    return tls_ ? TlsServerEndPoint(*tls_) : std::nullopt;
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

  // -1: there is none.
  int Descriptor() {
    if (tls_) return beast::get_lowest_layer(*tls_).socket().native_handle();
    if (local_) return local_->socket().native_handle();
    return plain_ ? plain_->socket().native_handle() : -1;
  }

  Result<void> ConnectLocally() {
    // Longer paths do not fit an address, and Asio throws.
    constexpr std::size_t kLongestPath = 107;
    error_code error = asio::error::name_too_long;
    if (path_.native().size() <= kLongestPath) {
      local_.emplace(io_);
      local_->expires_after(timeout_);
      const asio::local::stream_protocol::endpoint endpoint(path_.native());
      error = Await([&](auto handler) { local_->async_connect(endpoint, handler); });
    }
    if (!error) return {};
    Close();
    ClientError failed{ClientError::Kind::kConnect, {}, 0, 0, {}};
    failed.text = fmt::format("cannot connect to {}: {}", name_, error.message());
    failed.local = true;
    return tl::unexpected(std::move(failed));
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
                  fmt::format("cannot connect to {}: {}", name_, error.message()));
    }
    plain_->socket().set_option(asio::ip::tcp::no_delay(true), error);
    return url_.tls ? Handshake() : Result<void>();
  }

  Result<void> Handshake() {
    auto stream = MakeTlsStream(std::move(*plain_), url_.host, ca_file_);
    plain_.reset();
    if (!stream) return Fail(ClientError::Kind::kTls, stream.error());
    tls_ = std::move(*stream);
    beast::get_lowest_layer(*tls_).expires_after(timeout_);
    const error_code error = Await(
        [&](auto handler) { tls_->async_handshake(asio::ssl::stream_base::client, handler); });
    if (!error) return {};
    const std::string reason = WhyHandshakeFailed(*tls_, error);
    Close();
    return Fail(ClientError::Kind::kTls,
                fmt::format("no trusted TLS connection to {}: {}", Authority(url_), reason));
  }

  template <class Stream>
  Exchange Send(Stream& stream, const http::request<http::string_body>& message,
                std::size_t limit) {
    beast::get_lowest_layer(stream).expires_after(NetworkTimeout(timeout_));
    Exchange exchange;
    const error_code write_error =
        Await([&](auto handler) { http::async_write(stream, message, handler); });
    // A server may answer and close before it has read everything (401, 413):
    // the reply is worth more than the failed write.
    Parser parser;
    parser.body_limit(limit);
    beast::flat_buffer buffer;
    exchange.error = Read(stream, buffer, parser, limit);
    exchange.reply_started = parser.got_some() || buffer.size() > 0;
    if (exchange.error) {
      if (write_error && !exchange.reply_started) exchange.error = write_error;
      return exchange;
    }
    beast::get_lowest_layer(stream).expires_never();
    exchange.keep_alive = parser.get().keep_alive() && !write_error && buffer.size() == 0;
    exchange.reply = FromHttp(parser.release());
    return exchange;
  }

  // The header alone first: Beast 1.74 does not enforce its body limit for a
  // Content-Length whose body arrives together with the header.
  template <class Stream>
  error_code Read(Stream& stream, beast::flat_buffer& buffer, Parser& parser, std::size_t limit) {
    const error_code error =
        Await([&](auto handler) { http::async_read_header(stream, buffer, parser, handler); });
    if (error) return error;
    if (parser.content_length().value_or(0) > limit) return http::error::body_limit;
    return Await([&](auto handler) { http::async_read(stream, buffer, parser, handler); });
  }

  ClientError Describe(const Exchange& exchange) const {
    using Kind = ClientError::Kind;
    const std::string& host = name_;
    const auto error = [this](Kind kind, std::string text) {
      ClientError failed{kind, std::move(text), 0, 0, {}};
      failed.local = !path_.empty();
      return failed;
    };
    if (exchange.error == http::error::body_limit) {
      return error(Kind::kProtocol,
                   fmt::format("the reply of {} is larger than {} bytes", host, max_reply_bytes_));
    }
    if (exchange.error == beast::error::timeout) {
      return error(Kind::kConnect, fmt::format("{} did not answer within {} s", host,
                                               std::chrono::duration<double>(timeout_).count()));
    }
    if (exchange.error == http::error::partial_message || !exchange.reply_started) {
      return error(Kind::kConnect,
                   fmt::format("{} closed the connection before its reply was complete", host));
    }
    return error(Kind::kProtocol,
                 fmt::format("{} did not answer in HTTP: {}", host, exchange.error.message()));
  }

  const Url url_;
  const std::filesystem::path path_;  // of a Unix socket; empty: url_ is connected to
  const std::string name_;            // of the service, for people
  const std::filesystem::path ca_file_;
  const std::chrono::milliseconds timeout_;
  const std::size_t max_reply_bytes_;
  asio::io_context io_;
  std::optional<beast::tcp_stream> plain_;
  std::optional<LocalStream> local_;
  std::unique_ptr<TlsStream> tls_;
};

HttpConnection::HttpConnection(Url url, const ClientOptions& options)
    : impl_(std::make_unique<Impl>(std::move(url), options)) {}

HttpConnection::~HttpConnection() = default;

bool HttpConnection::IsOpen() { return impl_->IsOpen(); }
Result<void> HttpConnection::Open() { return impl_->Open(); }
void HttpConnection::Close() { impl_->Close(); }

tl::expected<HttpReply, NoReply> HttpConnection::Send(const HttpRequest& request) {
  return impl_->Post(request);
}

std::optional<std::string> HttpConnection::channel_binding() const {
  return impl_->channel_binding();
}

}  // namespace wsman::client
