// Keeps connections busy with one request, in clear text with Basic or sealed
// with NTLM, and prints how many were answered in a second. The same program
// sends both, so that the rates can be compared.
//
// usage: load_client plain|sealed PORT USER PASSWORD BODY_FILE CONNECTIONS SECONDS
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "wsman/auth/base64.h"
#include "wsman/auth/ntlm_initiator.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/sealed_message.h"

namespace {

namespace auth = wsman::auth;

constexpr std::string_view kSoap = "application/soap+xml;charset=UTF-8";
constexpr unsigned kThreads = 2;

struct Load {
  bool sealed;
  std::uint16_t port;
  std::string user;
  std::string password;
  std::string body;
  unsigned connections;
  std::chrono::seconds time;
};

[[noreturn]] void Fail(std::string_view what) {
  fmt::print(stderr, "load_client: {}\n", what);
  std::exit(1);
}

std::string_view HeaderOf(std::string_view head, std::string_view name) {
  const std::size_t start = head.find(name);
  if (start == std::string_view::npos) return {};
  const std::string_view value = head.substr(start + name.size());
  return value.substr(0, value.find("\r\n"));
}

// One blocking connection with one request under way at a time.
class Connection {
 public:
  explicit Connection(const Load& load) : load_(load), socket_(Connect(load.port)) {
    if (load.sealed) {
      LogIn();
    } else {
      authorization_ =
          "Authorization: Basic " + auth::EncodeBase64(load.user + ":" + load.password) + "\r\n";
    }
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  void Send() {
    if (!session_) return Post(authorization_, kSoap, load_.body);
    const std::string sealed = session_->Seal(load_.body);
    const std::string_view view = sealed;
    constexpr auto kProtocol = auth::SealProtocol::kSpnego;
    Post({}, auth::SealedContentType(kProtocol),
         auth::WriteSealed(kProtocol, kSoap, load_.body.size(),
                           view.substr(0, auth::ntlm::kSignatureBytes),
                           view.substr(auth::ntlm::kSignatureBytes)));
  }

  // The first reply is unsealed, to know that it is one. What the others say
  // costs only this side.
  void Receive() {
    const std::string_view head = ReceiveReply();
    if (!head.starts_with("HTTP/1.1 200 ")) Fail(head);
    if (!session_ || checked_) return;
    const std::string_view body = std::string_view(input_).substr(head.size());
    const auto message = auth::ParseSealed(HeaderOf(head, "Content-Type: "), body);
    if (!message || !session_->Unseal(message->sealed)) Fail("a reply does not unseal");
    checked_ = true;
  }

 private:
  static int Connect(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    if (socket < 0 ||
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
      Fail("cannot connect");
    }
    return socket;
  }

  void LogIn() {
    const auto hash = auth::ntlm::NtHash(load_.password);
    if (!hash) Fail("the password is not UTF-8");
    const auth::ntlm::Initiator initiator({.user = load_.user, .domain = {}, .nt_hash = *hash}, {});
    const std::string challenge = Negotiate(initiator.Negotiate());
    auto answer = initiator.Authenticate(challenge);
    if (!answer) Fail("the server's challenge is refused");
    Negotiate(answer->message);
    if (!input_.starts_with("HTTP/1.1 200 ")) Fail("the login is refused");
    session_.emplace(std::move(answer->session));
  }

  std::string Negotiate(const std::string& token) {
    constexpr std::string_view kScheme = "Negotiate ";
    Post(fmt::format("Authorization: {}{}\r\n", kScheme, auth::EncodeBase64(token)), kSoap, {});
    std::string_view header = HeaderOf(ReceiveReply(), "WWW-Authenticate: ");
    if (!header.starts_with(kScheme)) return {};
    return auth::DecodeBase64(header.substr(kScheme.size())).value_or(std::string());
  }

  void Post(std::string_view authorization, std::string_view type, std::string_view body) {
    const std::string request = fmt::format(
        "POST /wsman HTTP/1.1\r\nHost: localhost\r\n{}Content-Type: {}\r\n"
        "Content-Length: {}\r\n\r\n{}",
        authorization, type, body.size(), body);
    const ssize_t sent = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) Fail("the connection was lost");
  }

  // One whole reply into input_; its head.
  std::string_view ReceiveReply() {
    input_.clear();
    std::size_t head = 0;
    std::size_t length = 0;
    while (head == 0 || input_.size() < head + length) {
      char bytes[16 * 1024];
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
      if (count <= 0) Fail("the connection was lost");
      input_.append(bytes, static_cast<std::size_t>(count));
      const std::size_t end = input_.find("\r\n\r\n");
      if (head > 0 || end == std::string::npos) continue;
      head = end + 4;
      const std::string_view text = HeaderOf(input_, "Content-Length: ");
      std::from_chars(text.data(), text.data() + text.size(), length);
    }
    return std::string_view(input_).substr(0, head);
  }

  const Load& load_;
  const int socket_;
  std::string authorization_;
  std::optional<auth::ntlm::Session> session_;
  bool checked_ = false;
  std::string input_;
};

// Every connection of a thread has a request under way while the replies are
// taken in turn.
std::uint64_t Run(const Load& load) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (unsigned i = 0; i < load.connections / kThreads; ++i) {
    connections.push_back(std::make_unique<Connection>(load));
  }
  std::uint64_t replies = 0;
  const auto end = std::chrono::steady_clock::now() + load.time;
  for (const auto& connection : connections) connection->Send();
  while (std::chrono::steady_clock::now() < end) {
    for (const auto& connection : connections) {
      connection->Receive();
      connection->Send();
      ++replies;
    }
  }
  return replies;
}

std::string ContentOf(const char* file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) Fail("cannot read the body's file");
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) Fail("usage: plain|sealed PORT USER PASSWORD BODY_FILE CONNECTIONS SECONDS");
  const Load load{.sealed = std::string_view(argv[1]) == "sealed",
                  .port = static_cast<std::uint16_t>(std::atoi(argv[2])),
                  .user = argv[3],
                  .password = argv[4],
                  .body = ContentOf(argv[5]),
                  .connections = static_cast<unsigned>(std::atoi(argv[6])),
                  .time = std::chrono::seconds(std::atoi(argv[7]))};
  std::atomic<std::uint64_t> replies = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&load, &replies] { replies += Run(load); });
  }
  for (std::thread& thread : threads) thread.join();
  fmt::print("{}\n", replies / static_cast<std::uint64_t>(load.time.count()));
  return 0;
}
