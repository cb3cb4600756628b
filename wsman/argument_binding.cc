#include "wsman/argument_binding.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "wsman/quoted.h"

namespace wsman {
namespace {

Result<void> CheckRoot(const schema::Method& method, const Request& request) {
  const std::string expected = std::string(method.name) + "_INPUT";
  if (!request.body || request.body_children != 1) {
    return Fail(FaultCode::kSchemaValidationError,
                fmt::format("The body must hold exactly one element, {}.", expected));
  }
  if (!schema::EqualsIgnoreCase(request.body->name, expected)) {
    return Fail(FaultCode::kActionMismatch,
                fmt::format("The body holds {}, but the action needs {}.",
                            Quoted(request.body->name), expected));
  }
  if (request.body->text.find_first_not_of(" \t\r\n") != std::string::npos) {
    return Fail(FaultCode::kSchemaValidationError,
                fmt::format("{} must hold one element for each argument, not text.", expected));
  }
  return {};
}

Result<const schema::Parameter*> FindInput(const schema::Method& method, std::string_view name) {
  const schema::Parameter* parameter = schema::FindParameter(method, name);
  if (parameter != nullptr && parameter->direction == schema::Direction::kIn) return parameter;
  return Fail(FaultCode::kParameterInvalidName,
              fmt::format("{} has no argument {}.", method.name, Quoted(name)));
}

Result<schema::Value> ReadScalar(const schema::Parameter& parameter, const Element& element) {
  const std::string_view type = schema::MofName(parameter.type);
  if (!element.children.empty()) {
    return Fail(FaultCode::kParameterTypeMismatch,
                fmt::format("{} holds elements, but must be a {}. Characters such as < and & must "
                            "be written as &lt; and &amp;.",
                            parameter.name, type));
  }
  schema::ParsedText parsed = schema::ParseScalar(parameter.type, element.text);
  if (parsed.value) return *std::move(parsed.value);
  if (parsed.error == schema::TextError::kOutOfRange) {
    return Fail(FaultCode::kInvalidParameter,
                fmt::format("{} is {}, outside the range of {}.", parameter.name,
                            Quoted(element.text), type),
                kInvalidArgument);
  }
  return Fail(FaultCode::kParameterTypeMismatch,
              fmt::format("{} is {}, which is no {}.", parameter.name, Quoted(element.text), type));
}

using Elements = std::vector<const Element*>;

// Arrays of the classes here are octet arrays: one element for each number.
Result<schema::Value> ReadArray(const schema::Parameter& parameter, const Elements& elements) {
  std::vector<std::uint64_t> numbers;
  for (const Element* element : elements) {
    if (element->nil) {
      return Fail(FaultCode::kInvalidParameter,
                  fmt::format("{} has a nil among its elements.", parameter.name),
                  kInvalidArgument);
    }
    Result<schema::Value> value = ReadScalar(parameter, *element);
    if (!value) return value;
    const auto* number = std::get_if<std::uint64_t>(&*value);
    if (number == nullptr) {
      return Fail(FaultCode::kParameterTypeMismatch,
                  fmt::format("{} must be an array of numbers.", parameter.name));
    }
    numbers.push_back(*number);
  }
  return schema::Value(std::move(numbers));
}

// The value of all elements of one parameter; NULL when it was not given.
Result<schema::Value> ReadArgument(const schema::Parameter& parameter, const Elements& elements) {
  if (elements.empty()) return schema::Value();
  if (elements.size() > 1 && !parameter.is_array) {
    return Fail(FaultCode::kInvalidParameter,
                fmt::format("{} is given {} times; give it once.", parameter.name, elements.size()),
                kInvalidArgument);
  }
  const Element& first = *elements.front();
  if (elements.size() == 1 && first.nil) {
    if (first.children.empty() && first.text.empty()) return schema::Value();
    return Fail(FaultCode::kParameterTypeMismatch,
                fmt::format("{} says xsi:nil but is not empty.", parameter.name));
  }
  return parameter.is_array ? ReadArray(parameter, elements) : ReadScalar(parameter, first);
}

bool IsMissing(const schema::Parameter& parameter, const schema::Value& value) {
  return parameter.direction == schema::Direction::kIn &&
         parameter.presence == schema::Presence::kRequired && schema::IsNull(value);
}

// elements[i] are those that name method.parameters[i].
Result<std::vector<Elements>> SortByParameter(const schema::Method& method, const Element& body) {
  std::vector<Elements> sorted(method.parameters.size());
  for (const Element& element : body.children) {
    const Result<const schema::Parameter*> parameter = FindInput(method, element.name);
    if (!parameter) return tl::unexpected(parameter.error());
    sorted[static_cast<std::size_t>(*parameter - method.parameters.data())].push_back(&element);
  }
  return sorted;
}

}  // namespace

Result<MethodCall> BindArguments(const schema::Method& method, const Request& request) {
  if (auto root = CheckRoot(method, request); !root) return tl::unexpected(root.error());
  const Result<std::vector<Elements>> elements = SortByParameter(method, *request.body);
  if (!elements) return tl::unexpected(elements.error());

  MethodCall call{&method, {}};
  for (std::size_t i = 0; i < method.parameters.size(); ++i) {
    const schema::Parameter& parameter = method.parameters[i];
    Result<schema::Value> value = ReadArgument(parameter, (*elements)[i]);
    if (!value) return tl::unexpected(value.error());
    if (IsMissing(parameter, *value)) {
      return Fail(FaultCode::kInvalidParameter,
                  fmt::format("{} needs the argument {}.", method.name, parameter.name),
                  kInvalidArgument);
    }
    call.arguments.push_back(*std::move(value));
  }
  return call;
}

}  // namespace wsman
