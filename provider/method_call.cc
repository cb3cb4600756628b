#include "provider/method_call.h"

namespace provider {
namespace {

std::optional<std::size_t> IndexOf(const schema::Method& method, std::string_view name) {
  const schema::Parameter* parameter = schema::FindParameter(method, name);
  if (parameter == nullptr) return std::nullopt;
  return static_cast<std::size_t>(parameter - method.parameters.data());
}

template <class T>
std::optional<T> TypedArgument(const wsman::MethodCall& call, std::string_view parameter) {
  const T* value = std::get_if<T>(&ArgumentOf(call, parameter));
  if (value == nullptr) return std::nullopt;
  return *value;
}

}  // namespace

const schema::Value& ArgumentOf(const wsman::MethodCall& call, std::string_view parameter) {
  static const schema::Value null;
  const std::optional<std::size_t> index = IndexOf(*call.method, parameter);
  return index && *index < call.arguments.size() ? call.arguments[*index] : null;
}

std::optional<std::string> TextArgument(const wsman::MethodCall& call, std::string_view parameter) {
  return TypedArgument<std::string>(call, parameter);
}

std::optional<std::uint64_t> NumberArgument(const wsman::MethodCall& call,
                                            std::string_view parameter) {
  return TypedArgument<std::uint64_t>(call, parameter);
}

std::optional<bool> FlagArgument(const wsman::MethodCall& call, std::string_view parameter) {
  return TypedArgument<bool>(call, parameter);
}

wsman::MethodResult MakeResult(const schema::Method& method, engine::HResult return_value,
                               NamedValues outputs) {
  wsman::MethodResult result{static_cast<std::uint32_t>(return_value), {}};
  result.outputs.resize(method.parameters.size());
  for (auto& [name, value] : outputs) {
    if (const std::optional<std::size_t> index = IndexOf(method, name))
      result.outputs[*index] = std::move(value);
  }
  return result;
}

}  // namespace provider
