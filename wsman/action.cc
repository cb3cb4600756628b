#include "wsman/action.h"

#include <algorithm>
#include <array>

#include "schema/cim.h"
#include "wsman/resource_uri.h"

namespace wsman {
namespace {

struct ActionRow {
  Operation operation;
  std::string_view uri;
};

constexpr auto kActions = std::to_array<ActionRow>({
    {Operation::kGet, "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"},
    {Operation::kPut, "http://schemas.xmlsoap.org/ws/2004/09/transfer/Put"},
    {Operation::kDelete, "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete"},
    {Operation::kCreate, "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"},
    {Operation::kEnumerate, "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate"},
    {Operation::kPull, "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull"},
    {Operation::kRelease, "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Release"},
    {Operation::kSubscribe, "http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe"},
    {Operation::kUnsubscribe, "http://schemas.xmlsoap.org/ws/2004/08/eventing/Unsubscribe"},
    {Operation::kRenew, "http://schemas.xmlsoap.org/ws/2004/08/eventing/Renew"},
    {Operation::kGetStatus, "http://schemas.xmlsoap.org/ws/2004/08/eventing/GetStatus"},
});

bool NamesTheSameClass(std::string_view a, std::string_view b) {
  const auto first = ParseResourceUri(a);
  const auto second = ParseResourceUri(b);
  if (!first || !second) return false;
  if (!schema::EqualsIgnoreCase(first->class_name, second->class_name)) return false;
  // The DMTF family leaves the namespace to a selector.
  return first->name_space.empty() || second->name_space.empty() ||
         schema::EqualsIgnoreCase(first->name_space, second->name_space);
}

bool IsProtocolUri(std::string_view action) {
  return action.starts_with("http://schemas.xmlsoap.org/ws/");
}

}  // namespace

std::optional<Operation> FixedOperation(std::string_view action) {
  const auto row = std::ranges::find(kActions, action, &ActionRow::uri);
  if (row == kActions.end()) return std::nullopt;
  return row->operation;
}

std::string_view ActionUri(Operation operation) {
  const auto row = std::ranges::find(kActions, operation, &ActionRow::operation);
  return row == kActions.end() ? std::string_view() : row->uri;
}

std::optional<std::string_view> MethodOf(std::string_view action, std::string_view resource_uri) {
  if (IsProtocolUri(action)) return std::nullopt;
  const auto slash = action.rfind('/');
  if (slash == std::string_view::npos) {
    if (action.empty() || action.find(':') != std::string_view::npos) return std::nullopt;
    return action;
  }
  const std::string_view base = action.substr(0, slash);
  const std::string_view method = action.substr(slash + 1);
  if (method.empty()) return std::nullopt;
  if (schema::EqualsIgnoreCase(base, resource_uri) || NamesTheSameClass(base, resource_uri))
    return method;
  return std::nullopt;
}

}  // namespace wsman
