// What callers name: a URL to read from, a file to write to, a job.
#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "engine/job.h"
#include "engine/path_map.h"
#include "engine/remote_url.h"
#include "fuzz/fuzz_one.h"

namespace {

std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// What libcurl would connect to is what the limits for each host are kept by.
void CheckUrl(const std::string& text) {
  if (!engine::CheckRemoteUrl(text, {})) return;
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return;
  const std::string scheme = PartOf(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") std::abort();
  if (!PartOf(url.get(), CURLUPART_USER).empty()) std::abort();
  std::string host = Lower(PartOf(url.get(), CURLUPART_HOST));
  if (host.size() > 1 && host.ends_with('.')) host.pop_back();
  // libcurl writes IPv6 addresses in their shortest spelling.
  if (host.starts_with('[')) return;
  if (host.append(":").append(PartOf(url.get(), CURLUPART_PORT)) != engine::HostOf(text)) {
    std::cerr << host << " is " << engine::HostOf(text) << '\n';
    std::abort();
  }
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

void CheckLocalName(std::string_view text) {
  static const engine::PathOptions paths{.drives = {{"C", "/srv/c"}},
                                         .shares = {{"\\\\server\\share", "/srv/share"}},
                                         .roots = {"/srv/root"},
                                         .create_directories = true};
  const auto target = engine::MapLocalName(text, paths, {});
  if (!target) return;
  const std::string root = target->root;
  if (root != "/srv/c" && root != "/srv/share" && root != "/srv/root") std::abort();
  if (!IsPlainName(target->name) ||
      !std::all_of(target->directories.begin(), target->directories.end(), IsPlainName)) {
    std::abort();
  }
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string_view text = AsText(input);
  CheckUrl(std::string(text));
  CheckLocalName(text);
  if (const auto id = engine::JobId::Parse(text)) {
    if (engine::JobId::Parse(id->ToString()) != id || id->ToString().size() != 38) std::abort();
  }
}
