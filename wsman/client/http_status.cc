#include "wsman/client/http_status.h"

#include <fmt/format.h>

namespace wsman::client {

std::string TextOfStatus(int status) {
  switch (status) {
    case 404:
      return "the host has no WS-Management service at this path; the usual one is /wsman";
    case 413:
      return "the request is larger than the host accepts";
    case 503:
      return "the host is overloaded or shutting down; try again later";
    default:
      return fmt::format("the host answered HTTP {} instead of a WS-Management reply", status);
  }
}

}  // namespace wsman::client
