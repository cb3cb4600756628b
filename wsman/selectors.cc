#include "wsman/selectors.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "wsman/quoted.h"

namespace wsman {
namespace {

std::vector<Selector>::const_iterator Find(const std::vector<Selector>& selectors,
                                           std::string_view name) {
  return std::find_if(selectors.begin(), selectors.end(), [name](const Selector& selector) {
    return schema::EqualsIgnoreCase(selector.name, name);
  });
}

Result<void> CheckNames(const schema::Class& type, const std::vector<Selector>& selectors) {
  for (auto selector = selectors.begin(); selector != selectors.end(); ++selector) {
    if (Find(selectors, selector->name) != selector) {
      return Fail(FaultCode::kDuplicateSelectors,
                  fmt::format("The selector {} stands twice.", Quoted(selector->name)));
    }
    if (IsNamespaceSelector(selector->name)) continue;
    const schema::Property* property = schema::FindProperty(type, selector->name);
    if (property == nullptr || !property->is_key) {
      return Fail(FaultCode::kUnexpectedSelectors,
                  fmt::format("{} is not a key of {}.", Quoted(selector->name), type.name));
    }
  }
  return {};
}

}  // namespace

bool IsNamespaceSelector(std::string_view name) {
  return schema::EqualsIgnoreCase(name, "__cimnamespace");
}

std::string NormalNamespace(std::string_view text) {
  std::string normal;
  for (const char c : text) {
    const char next = c == '\\' ? '/' : c;
    if (next == '/' && (normal.empty() || normal.back() == '/')) continue;
    normal.push_back(next);
  }
  if (normal.ends_with('/')) normal.pop_back();
  return normal;
}

std::optional<std::string> SelectedNamespace(const std::vector<Selector>& selectors) {
  const auto found = std::find_if(selectors.begin(), selectors.end(), [](const Selector& selector) {
    return IsNamespaceSelector(selector.name);
  });
  if (found == selectors.end()) return std::nullopt;
  return NormalNamespace(found->value);
}

Result<Keys> BindSelectors(const schema::Class& type, const std::vector<Selector>& selectors) {
  if (auto names = CheckNames(type, selectors); !names) return tl::unexpected(names.error());
  Keys keys;
  for (const schema::Property& property : type.properties) {
    if (!property.is_key) continue;
    const auto selector = Find(selectors, property.name);
    if (selector == selectors.end()) {
      return Fail(FaultCode::kInsufficientSelectors,
                  fmt::format("The selector {} is missing.", property.name));
    }
    if (!schema::ParseScalar(property.type, selector->value).value) {
      return Fail(FaultCode::kSelectorTypeMismatch,
                  fmt::format("The selector {} is {}, which is no {}.", property.name,
                              Quoted(selector->value), schema::MofName(property.type)));
    }
    keys.push_back({std::string(property.name), selector->value});
  }
  return keys;
}

Result<void> CheckNoKeySelectors(const std::vector<Selector>& selectors) {
  for (const Selector& selector : selectors) {
    if (IsNamespaceSelector(selector.name)) continue;
    return Fail(FaultCode::kUnexpectedSelectors,
                fmt::format("An enumeration takes no selector but __cimnamespace; leave out {}.",
                            Quoted(selector.name)));
  }
  return {};
}

}  // namespace wsman
