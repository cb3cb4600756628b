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

std::string HostPartOf(const std::string& text) {
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
  return PartOf(url, CURLUPART_HOST);
}

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

std::string WithHost(const std::string& url, const std::string& host) {
  const Url changed(curl_url());
  const Url parsed(curl_url());
  if (!changed || !parsed ||
      curl_url_set(changed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return {};
  const std::string place = PartOf(changed, CURLUPART_SCHEME) + "://" + host + "/";
  if (curl_url_set(parsed.get(), CURLUPART_URL, place.c_str(), 0) != CURLUE_OK) return {};
  const std::string port = PartOf(parsed, CURLUPART_PORT);
  const std::string name = PartOf(parsed, CURLUPART_HOST);
  const bool set = curl_url_set(changed.get(), CURLUPART_HOST, name.c_str(), 0) == CURLUE_OK &&
                   curl_url_set(changed.get(), CURLUPART_PORT,
                                port.empty() ? nullptr : port.c_str(), 0) == CURLUE_OK;
  return set ? PartOf(changed, CURLUPART_URL) : std::string();
}

}  // namespace engine::transfer
