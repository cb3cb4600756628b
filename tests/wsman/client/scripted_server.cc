#include "tests/wsman/client/scripted_server.h"

#include <chrono>

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace wsman::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kBound{10};

}  // namespace

std::string HttpReplyBytes(int status, const std::string& body, const std::string& headers) {
  return fmt::format(
      "HTTP/1.1 {} X\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n{}Content-Length: "
      "{}\r\n\r\n{}",
      status, headers, body.size(), body);
}

ScriptedServer::ScriptedServer(std::vector<Step> steps,
                               const std::optional<ServerIdentity>& identity)
    : steps_(std::move(steps)), acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  port_ = acceptor_.local_endpoint().port();
  if (identity) {
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->use_certificate(asio::buffer(identity->certificate), asio::ssl::context::pem);
    tls_->use_private_key(asio::buffer(identity->key), asio::ssl::context::pem);
  }
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  asio::post(io_, [this] {
    acceptor_.close();
    if (open_ != nullptr) open_->close();
  });
  thread_.join();
}

std::string ScriptedServer::Url(const std::string& host) const {
  return fmt::format("{}://{}:{}/wsman", tls_ ? "https" : "http", host, port_);
}

bool ScriptedServer::WaitForClosed(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kBound, [this, count] { return closed_ >= count; });
}

std::vector<ReceivedRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

template <class Start>
error_code ScriptedServer::Await(Start start) {
  error_code result = asio::error::operation_aborted;
  start([&result](error_code error, auto&&...) { result = error; });
  io_.restart();
  io_.run();
  return result;
}

void ScriptedServer::Serve() {
  while (!stopping_) {
    tcp::socket socket(io_);
    if (Await([&](auto handler) { acceptor_.async_accept(socket, handler); })) return;
    ++connections_;
    beast::tcp_stream stream(std::move(socket));
    stream.expires_after(kBound);
    if (tls_) {
      beast::ssl_stream<beast::tcp_stream> secure(std::move(stream), *tls_);
      open_ = &beast::get_lowest_layer(secure);
      const error_code error = Await(
          [&](auto handler) { secure.async_handshake(asio::ssl::stream_base::server, handler); });
      if (!error) Converse(secure);
      open_ = nullptr;
    } else {
      open_ = &stream;
      Converse(stream);
      open_ = nullptr;
    }
    stream.close();
    const std::lock_guard lock(mutex_);
    ++closed_;
    changed_.notify_all();
  }
}

template <class Stream>
void ScriptedServer::Converse(Stream& stream) {
  beast::flat_buffer buffer;
  while (!stopping_) {
    beast::get_lowest_layer(stream).expires_after(kBound);
    ReceivedRequest request;
    if (Await([&](auto handler) { beast::http::async_read(stream, buffer, request, handler); })) {
      break;
    }
    std::size_t index = 0;
    {
      const std::lock_guard lock(mutex_);
      index = requests_.size();
      requests_.push_back(request);
    }
    if (index >= steps_.size()) break;
    const Step& step = steps_[index];
    const std::string reply = step.reply ? step.reply(request) : std::string();
    if (Await([&](auto handler) { asio::async_write(stream, asio::buffer(reply), handler); })) {
      break;
    }
    if (step.then == Step::Then::kClose) break;
  }
  beast::get_lowest_layer(stream).close();
}

}  // namespace wsman::client
