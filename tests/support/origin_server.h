// A scripted HTTP/1.1 origin on loopback, for tests: answers each request with
// what a function says, byte for byte, right or wrong.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace support {

struct OriginRequest {
  std::string method;
  std::string target;                          // "/file"
  std::map<std::string, std::string> headers;  // names in lower case
  int connection = 0;                          // counts from 1
  std::string head;                            // as it came, without the empty line

  std::string Header(const std::string& name) const;  // "" when absent
};

// Writes to one connection. Every call returns at once when the client is gone
// or the server ends.
class OriginReply {
 public:
  // `pending`: what was received beyond the head of the request.
  OriginReply(int socket, const std::atomic<bool>& ending, std::string& pending)
      : socket_(socket), ending_(ending), pending_(pending) {}

  // The next bytes of the request's body; fewer when the client goes away.
  std::string Receive(std::size_t bytes);

  void Send(std::string_view bytes);
  // "HTTP/1.1 200 OK", the lines, Content-Length when `length` says so.
  void Head(int status, const std::vector<std::string>& lines);
  void CutWithFin();    // ends the connection
  void CutWithReset();  // ends it with RST
  // Sends nothing until the client goes away.
  void Stall();
  // Sends nothing for this long, or until the client goes away.
  void Pause(std::chrono::milliseconds time);
  bool alive() const { return alive_; }

 private:
  int socket_;
  const std::atomic<bool>& ending_;
  std::string& pending_;
  bool alive_ = true;
};

using OriginHandler = std::function<void(const OriginRequest&, OriginReply&)>;

class OriginServer {
 public:
  // `handler` runs on one thread for each connection.
  explicit OriginServer(OriginHandler handler);
  ~OriginServer();

  std::string Url(const std::string& path) const;  // "http://127.0.0.1:4711/path"
  std::uint16_t port() const { return port_; }
  std::vector<OriginRequest> requests() const;
  int connections() const { return connections_; }

 private:
  void Accept();
  void Serve(int socket, int number);

  OriginHandler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<OriginRequest> requests_;  // guarded by mutex_
  std::vector<std::thread> threads_;     // used by the accepting thread, then by the destructor
  std::thread acceptor_;
};

// Bytes that tell where they belong, different for each `version`.
std::string PatternBytes(std::size_t size, unsigned version = 0);

// A good origin of one file with an ETag, ranges, If-Range and conditions.
struct OriginFile {
  std::string content;
  std::string etag;           // "" for none
  std::string last_modified;  // "" for none
};
void ServeFile(const OriginFile& file, const OriginRequest& request, OriginReply& reply);

// What ServeFile would send: head and body, for tests that bend it.
struct OriginAnswer {
  int status = 200;
  std::vector<std::string> lines;
  std::string body;
};
OriginAnswer AnswerFor(const OriginFile& file, const OriginRequest& request);

}  // namespace support
