#include "wsman/body_element.h"

#include <algorithm>

#include <fmt/format.h>

#include "wsman/quoted.h"

namespace wsman {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Result<const Element*> ReadRoot(const Request& request, std::string_view name_space,
                                std::string_view name) {
  if (!request.body || request.body_children != 1) {
    return Fail(FaultCode::kSchemaValidationError,
                fmt::format("The body must hold exactly one element, {}.", name));
  }
  if (request.body->name != name || request.body->name_space != name_space) {
    return Fail(FaultCode::kActionMismatch,
                fmt::format("The body holds {}, but the action needs {} of namespace {}.",
                            Quoted(request.body->name), name, name_space));
  }
  return &*request.body;
}

const Element* Child(const Element& root, std::string_view name_space, std::string_view name) {
  const auto found =
      std::find_if(root.children.begin(), root.children.end(), [&](const Element& element) {
        return element.name == name && element.name_space == name_space;
      });
  return found == root.children.end() ? nullptr : &*found;
}

}  // namespace wsman
