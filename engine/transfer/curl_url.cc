#include "engine/transfer/curl_url.h"

#include <curl/curl.h>

#include <memory>

namespace engine::transfer {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct TextDeleter {
  void operator()(char* text) const { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

std::string PartOf(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, TextDeleter> owner(text);
  return text;
}

tl::unexpected<Error> BadRedirect(std::string message) {
  return Fail(HResult::kInvalidServerReply, std::move(message), ErrorContext::kRemoteFile);
}

}  // namespace

Result<std::string> ResolveRedirect(const std::string& base, const std::string& location,
                                    bool https_to_http) {
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK) {
    return BadRedirect("the address that redirects cannot be read");
  }
  const std::string from = PartOf(url, CURLUPART_SCHEME);
  if (curl_url_set(url.get(), CURLUPART_URL, location.c_str(),
                   CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) != CURLUE_OK) {
    return BadRedirect("the server redirects to something that is no address");
  }
  const std::string to = PartOf(url, CURLUPART_SCHEME);
  if (to != "http" && to != "https") {
    return BadRedirect("the server redirects to the scheme '" + to + "'");
  }
  if (from == "https" && to == "http" && !https_to_http) {
    return BadRedirect("the server redirects from https to http");
  }
  if (!PartOf(url, CURLUPART_USER).empty() || !PartOf(url, CURLUPART_PASSWORD).empty()) {
    return BadRedirect("the server redirects to an address with a user name");
  }
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return PartOf(url, CURLUPART_URL);
}

}  // namespace engine::transfer
