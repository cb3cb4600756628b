#include "provider/argument_reader.h"

#include <optional>

#include <fmt/format.h>

#include "engine/error.h"
#include "provider/method_call.h"

namespace provider {

std::uint32_t ArgumentReader::Number(std::string_view parameter) {
  const auto number = NumberArgument(call_, parameter);
  if (!number) Miss(parameter);
  return static_cast<std::uint32_t>(number.value_or(0));
}

bool ArgumentReader::Flag(std::string_view parameter) {
  const auto flag = FlagArgument(call_, parameter);
  if (!flag) Miss(parameter);
  return flag.value_or(false);
}

std::string ArgumentReader::Text(std::string_view parameter) {
  auto text = TextArgument(call_, parameter);
  if (!text) Miss(parameter);
  return std::move(text).value_or("");
}

std::vector<std::uint8_t> ArgumentReader::Octets(std::string_view parameter) {
  const auto* numbers = std::get_if<std::vector<std::uint64_t>>(&ArgumentOf(call_, parameter));
  if (numbers == nullptr) {
    Miss(parameter);
    return {};
  }
  std::vector<std::uint8_t> octets;
  // The class table holds each of them to a uint8.
  for (const std::uint64_t number : *numbers) octets.push_back(static_cast<std::uint8_t>(number));
  return octets;
}

void ArgumentReader::Miss(std::string_view parameter) {
  if (missing_.empty()) missing_ = parameter;
}

wsman::Fault ArgumentReader::Missing() const {
  return {wsman::FaultCode::kInvalidParameter,
          fmt::format("The parameter {} is missing.", missing_),
          static_cast<std::uint32_t>(engine::HResult::kInvalidArgument),
          {},
          {}};
}

}  // namespace provider
