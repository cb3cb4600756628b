#include "wsman/xml/namespace_scope.h"

#include <algorithm>

namespace wsman::xml {
namespace {

// No declaration may name these but that of "xml", which nobody needs.
constexpr std::string_view kXmlUri = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kXmlnsUri = "http://www.w3.org/2000/xmlns/";

// Of the names without a colon, those that begin with what everybody uses.
bool IsPlainName(std::string_view text) {
  if (text.empty() || text.find(':') != std::string_view::npos) return false;
  const char first = text.front();
  return (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z') || first == '_';
}

}  // namespace

void NamespaceScope::Open() {
  before_.push_back(prefixes_.size());
  attributes_.clear();
}

void NamespaceScope::Close() {
  prefixes_.resize(before_.back());
  before_.pop_back();
}

void NamespaceScope::Declare(std::string_view prefix, std::string_view uri) {
  const bool binds = prefix.empty() || (IsPlainName(prefix) && !uri.empty());
  const bool reserved = prefix.starts_with("xml") || uri == kXmlUri || uri == kXmlnsUri;
  plain_ = plain_ && binds && !reserved;
  prefixes_.emplace_back(prefix);
}

void NamespaceScope::UseElement(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos || !plain_) return;
  plain_ = IsBound(name.substr(0, colon)) && IsPlainName(name.substr(colon + 1));
}

void NamespaceScope::UseAttribute(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos || !plain_) return;
  UseElement(name);
  // Two prefixes may stand for one namespace, in which a name may come only once.
  const std::string_view local = name.substr(colon + 1);
  plain_ = plain_ && std::ranges::find(attributes_, local) == attributes_.end();
  attributes_.push_back(local);
}

bool NamespaceScope::IsBound(std::string_view prefix) const {
  if (prefix.empty()) return false;
  return prefix == "xml" || std::ranges::find(prefixes_, prefix) != prefixes_.end();
}

}  // namespace wsman::xml
