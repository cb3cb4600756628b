#include "wsman/http/date_text.h"

#include <fmt/chrono.h>

namespace wsman::http {

const std::string& DateText::At(std::time_t time) {
  if (text_.empty() || time != time_) {
    text_ = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(time));
    time_ = time;
  }
  return text_;
}

}  // namespace wsman::http
