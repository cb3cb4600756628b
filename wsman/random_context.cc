#include "wsman/random_context.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace wsman {

std::string RandomContext() {
  std::array<unsigned char, 16> bytes{};
  // Never short below 256 bytes; fails on kernels without the call only.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  std::string context = "uuid:";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) context.push_back('-');
    fmt::format_to(std::back_inserter(context), "{:02X}", bytes.at(i));
  }
  return context;
}

}  // namespace wsman
