// The value of the Date header (RFC 9110 section 6.6.1).
#pragma once

#include <ctime>
#include <string>

namespace wsman::http {

// Made once a second, however many replies there are. Belongs to one thread.
class DateText {
 public:
  // "Sun, 06 Nov 1994 08:49:37 GMT"; valid until the next call.
  const std::string& At(std::time_t time);
  const std::string& Now() { return At(std::time(nullptr)); }

 private:
  std::time_t time_ = 0;  // of text_, unless that is empty
  std::string text_;
};

}  // namespace wsman::http
