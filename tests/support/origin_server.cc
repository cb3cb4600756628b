#include "tests/support/origin_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace support {
namespace {

constexpr int kPollMilliseconds = 20;

// False at the end of the connection or of the server.
bool WaitFor(int socket, short events, const std::atomic<bool>& ending) {
  while (!ending) {
    pollfd entry{socket, events, 0};
    if (::poll(&entry, 1, kPollMilliseconds) > 0) return true;
  }
  return false;
}

bool ReadHead(int socket, const std::atomic<bool>& ending, std::string& pending,
              std::string& head) {
  while (true) {
    const std::size_t end = pending.find("\r\n\r\n");
    if (end != std::string::npos) {
      head = pending.substr(0, end + 2);
      pending.erase(0, end + 4);
      return true;
    }
    char chunk[4096];
    if (!WaitFor(socket, POLLIN, ending)) return false;
    const ssize_t n = ::recv(socket, chunk, sizeof chunk, 0);
    if (n <= 0) return false;
    pending.append(chunk, static_cast<std::size_t>(n));
  }
}

OriginRequest ParseHead(const std::string& head, int connection) {
  OriginRequest request;
  request.connection = connection;
  request.head = head;
  std::istringstream lines(head);
  std::string line;
  std::getline(lines, line);
  std::istringstream(line) >> request.method >> request.target;
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string value = line.substr(std::min(colon + 2, line.size()));
    if (value.ends_with('\r')) value.pop_back();
    request.headers[name] = value;
  }
  return request;
}

}  // namespace

std::string OriginRequest::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string OriginReply::Receive(std::size_t bytes) {
  while (alive_ && pending_.size() < bytes) {
    char chunk[65'536];
    if (!WaitFor(socket_, POLLIN, ending_)) alive_ = false;
    if (!alive_) break;
    const ssize_t n = ::recv(socket_, chunk, sizeof chunk, 0);
    if (n <= 0) alive_ = false;
    if (n > 0) pending_.append(chunk, static_cast<std::size_t>(n));
  }
  const std::size_t size = std::min(bytes, pending_.size());
  std::string received = pending_.substr(0, size);
  pending_.erase(0, size);
  return received;
}

void OriginReply::Send(std::string_view bytes) {
  while (alive_ && !bytes.empty()) {
    if (!WaitFor(socket_, POLLOUT, ending_)) alive_ = false;
    if (!alive_) return;
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) alive_ = false;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void OriginReply::Head(int status, const std::vector<std::string>& lines) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
  for (const std::string& line : lines) text += line + "\r\n";
  Send(text + "\r\n");
}

void OriginReply::CutWithFin() {
  // Read what is left, so that close() does not turn into a reset.
  ::shutdown(socket_, SHUT_WR);
  alive_ = false;
}

void OriginReply::CutWithReset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  alive_ = false;
}

void OriginReply::Stall() {
  char byte;
  while (alive_) {
    if (!WaitFor(socket_, POLLIN, ending_)) alive_ = false;
    if (alive_ && ::recv(socket_, &byte, 1, MSG_DONTWAIT) <= 0) alive_ = false;
  }
}

void OriginReply::Pause(std::chrono::milliseconds time) {
  pollfd entry{socket_, POLLRDHUP, 0};
  if (::poll(&entry, 1, static_cast<int>(time.count())) > 0) alive_ = false;
}

OriginServer::OriginServer(OriginHandler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 128);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

OriginServer::~OriginServer() {
  ending_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string OriginServer::Url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<OriginRequest> OriginServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void OriginServer::Accept() {
  while (WaitFor(listener_, POLLIN, ending_)) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int number = ++connections_;
    threads_.emplace_back([this, socket, number] { Serve(socket, number); });
  }
}

void OriginServer::Serve(int socket, int number) {
  std::string pending;
  std::string head;
  OriginReply reply(socket, ending_, pending);
  while (reply.alive() && ReadHead(socket, ending_, pending, head)) {
    const OriginRequest request = ParseHead(head, number);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    handler_(request, reply);
  }
  ::close(socket);
}

std::string PatternBytes(std::size_t size, unsigned version) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t mixed = (i / 8 + 1 + version * 0x1000'0000ull) * 0x9e37'79b9'7f4a'7c15ull;
    bytes[i] = static_cast<char>(mixed >> (8 * (i % 8)));
  }
  return bytes;
}

OriginAnswer AnswerFor(const OriginFile& file, const OriginRequest& request) {
  OriginAnswer answer;
  if (!file.etag.empty()) answer.lines.push_back("ETag: " + file.etag);
  if (!file.last_modified.empty()) answer.lines.push_back("Last-Modified: " + file.last_modified);
  const std::string since = request.Header("if-unmodified-since");
  if (!since.empty() && since != file.last_modified) {
    return {412, {"Content-Length: 0"}, ""};
  }
  const std::string range = request.Header("range");
  const std::string if_range = request.Header("if-range");
  const bool same = if_range.empty() || if_range == file.etag;
  const std::string total = std::to_string(file.content.size());
  if (range.starts_with("bytes=") && same) {
    const std::size_t first = std::stoull(range.substr(6));
    if (first >= file.content.size()) {
      return {416, {"Content-Range: bytes */" + total, "Content-Length: 0"}, ""};
    }
    const std::string end = range.substr(range.find('-') + 1);
    std::size_t last = file.content.size() - 1;
    if (!end.empty()) last = std::min<std::size_t>(last, std::stoull(end));
    answer.status = 206;
    answer.body = file.content.substr(first, last - first + 1);
    answer.lines.push_back("Content-Range: bytes " + std::to_string(first) + "-" +
                           std::to_string(last) + "/" + total);
  } else {
    answer.body = file.content;
  }
  answer.lines.push_back("Content-Length: " + std::to_string(answer.body.size()));
  return answer;
}

void ServeFile(const OriginFile& file, const OriginRequest& request, OriginReply& reply) {
  const OriginAnswer answer = AnswerFor(file, request);
  reply.Head(answer.status, answer.lines);
  if (request.method != "HEAD") reply.Send(answer.body);
}

}  // namespace support
