// The head of an HTTP/1.1 reply. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wsman::http {

struct ReplyHead {
  int status = 200;
  std::string_view content_type = {};  // empty: none
  std::size_t content_length = 0;
  std::string_view date = {};  // empty: none
  bool keep_alive = true;
  bool http_1_0 = false;                     // the client has to be told when the connection stays
  std::vector<std::string> challenges = {};  // WWW-Authenticate values
};

// Status line, headers and empty line. Says nothing about the server's make.
std::string ReplyText(const ReplyHead& head);

}  // namespace wsman::http
