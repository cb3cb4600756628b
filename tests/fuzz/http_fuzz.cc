// A stream of HTTP requests, as one connection sends it. However the network
// cuts it, the server reads the same requests out of it.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include "fuzz/fuzz_one.h"
#include "wsman/http/input_buffer.h"
#include "wsman/http/request_body.h"
#include "wsman/http/request_head.h"
#include "wsman/http/request_rules.h"

namespace http = wsman::http;

namespace {

// Small enough to be met by small inputs.
http::ServerLimits Limits() {
  http::ServerLimits limits;
  limits.request_line_bytes = 48;
  limits.header_line_bytes = 64;
  limits.authorization_bytes = 96;
  limits.header_bytes = 320;
  limits.header_count = 8;
  limits.body_bytes = 64;
  return limits;
}

// Reads requests as http::Session does, and writes down what it saw.
class Reader {
 public:
  // False: nothing more will be read.
  bool Feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::span<char> space = input_.Space();
      const std::size_t count = std::min(space.size(), bytes.size());
      std::copy_n(bytes.begin(), count, space.begin());
      input_.Added(count);
      bytes.remove_prefix(count);
    }
    while (!ended_ && Step()) {
    }
    return !ended_;
  }

  const std::string& seen() const { return seen_; }

 private:
  bool Step() { return in_body_ ? Body() : Head(); }

  // False: more bytes are needed.
  bool Head() {
    const http::HeadScanner::State state = scanner_.Scan(input_.View());
    if (state == http::HeadScanner::State::kIncomplete) return false;
    if (state == http::HeadScanner::State::kBad) return End("bad head");
    const std::string text(input_.View().substr(0, scanner_.length()));
    input_.Remove(scanner_.length());
    const auto head = http::ParseRequestHead(text);
    if (!head) return End("refused head");
    if (head->chunked && head->content_length) std::abort();
    Note(*head);
    body_ =
        http::BodyReader(*head, limits_, http::LargestBody(*head, limits_), http::BodyUse::kKeep);
    in_body_ = true;
    return true;
  }

  bool Body() {
    using State = http::BodyReader::State;
    if (body_.state() == State::kMore) {
      if (input_.empty()) return false;
      input_.Remove(body_.Feed(input_.View()));
    }
    if (body_.state() == State::kMore) return false;
    if (body_.state() != State::kDone) {
      return End(body_.state() == State::kBad ? "bad body" : "large body");
    }
    seen_ += "body " + body_.TakeBody() + "\n";
    scanner_ = http::HeadScanner(limits_);
    in_body_ = false;
    return !input_.empty();
  }

  void Note(const http::RequestHead& head) {
    seen_.append(head.method).append(" ").append(head.path).append(" ");
    seen_.append(head.authorization.value_or("none")).append(" ");
    seen_ += std::to_string(head.content_length.value_or(7)) + (head.chunked ? " chunked" : "");
    seen_ += std::to_string(http::RefusalOf(head, limits_).value_or(0));
    seen_ += http::AsksAnonymousIdentify(head, limits_) ? " identify\n" : "\n";
  }

  bool End(const char* why) {
    seen_ += why;
    ended_ = true;
    return false;
  }

  const http::ServerLimits limits_ = Limits();
  http::InputBuffer input_;
  http::HeadScanner scanner_{limits_};
  http::BodyReader body_;
  bool in_body_ = false;
  bool ended_ = false;
  std::string seen_;
};

// `largest_piece` 0: in one piece.
std::string Seen(std::string_view stream, std::size_t largest_piece, std::minstd_rand& random) {
  Reader reader;
  while (!stream.empty()) {
    const std::size_t piece = largest_piece == 0 ? stream.size() : 1 + random() % largest_piece;
    if (!reader.Feed(stream.substr(0, piece))) break;
    stream.remove_prefix(std::min(piece, stream.size()));
  }
  return reader.seen();
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  std::minstd_rand random(1);
  const std::string whole = Seen(AsText(input), 0, random);
  for (const std::size_t largest_piece : {1U, 3U, 40U}) {
    random.seed(static_cast<unsigned>(std::hash<std::string_view>()(AsText(input))));
    if (Seen(AsText(input), largest_piece, random) != whole) std::abort();
  }
}
