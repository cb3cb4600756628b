#include "schema/cim.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace schema {
namespace {

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Row>
const Row* FindByName(std::span<const Row> rows, std::string_view name) {
  const auto found = std::ranges::find_if(
      rows, [name](const Row& row) { return EqualsIgnoreCase(row.name, name); });
  return found == rows.end() ? nullptr : &*found;
}

std::string_view Collapse(std::string_view text) {
  constexpr std::string_view kXmlSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kXmlSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kXmlSpace) - first + 1);
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::uint64_t MaximumOf(Type type) {
  switch (type) {
    case Type::kUint8:
      return std::numeric_limits<std::uint8_t>::max();
    case Type::kUint16:
      return std::numeric_limits<std::uint16_t>::max();
    case Type::kUint32:
      return std::numeric_limits<std::uint32_t>::max();
    case Type::kUint64:
    case Type::kBoolean:
    case Type::kString:
    case Type::kInstance:
      break;
  }
  return std::numeric_limits<std::uint64_t>::max();
}

ParsedText ParseUnsigned(std::string_view text, std::uint64_t maximum) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!AllDigits(text)) return {std::nullopt, TextError::kNotThisType};
  if (negative) return {std::nullopt, TextError::kOutOfRange};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > maximum) return {std::nullopt, TextError::kOutOfRange};
  return {Value(number)};
}

ParsedText ParseBoolean(std::string_view text) {
  if (text == "1" || EqualsIgnoreCase(text, "true")) return {Value(true)};
  if (text == "0" || EqualsIgnoreCase(text, "false")) return {Value(false)};
  return {std::nullopt, TextError::kNotThisType};
}

}  // namespace

const Property* FindProperty(const Class& type, std::string_view name) {
  return FindByName(type.properties, name);
}

const Method* FindMethod(const Class& type, std::string_view name) {
  return FindByName(type.methods, name);
}

const Parameter* FindParameter(const Method& method, std::string_view name) {
  return FindByName(method.parameters, name);
}

bool operator==(const Instance& a, const Instance& b) {
  return a.type == b.type && a.values == b.values;
}

bool IsNull(const Value& value) { return std::holds_alternative<std::monostate>(value); }

const Value& ValueOf(const Instance& instance, std::string_view property) {
  static const Value kNull;
  if (instance.type == nullptr) return kNull;
  const Property* found = FindProperty(*instance.type, property);
  if (found == nullptr) return kNull;
  return instance.values[static_cast<std::size_t>(found - instance.type->properties.data())];
}

ParsedText ParseScalar(Type type, std::string_view text) {
  switch (type) {
    case Type::kBoolean:
      return ParseBoolean(Collapse(text));
    case Type::kUint8:
    case Type::kUint16:
    case Type::kUint32:
    case Type::kUint64:
      return ParseUnsigned(Collapse(text), MaximumOf(type));
    case Type::kString:
      return {Value(std::string(text))};
    case Type::kInstance:
      break;
  }
  return {std::nullopt, TextError::kNotThisType};
}

std::string ToText(const Value& scalar) {
  if (const bool* flag = std::get_if<bool>(&scalar)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::uint64_t>(&scalar)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&scalar)) return *text;
  return {};
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return LowerAscii(x) == LowerAscii(y); });
}

std::string_view MofName(Type type) {
  switch (type) {
    case Type::kBoolean:
      return "boolean";
    case Type::kUint8:
      return "uint8";
    case Type::kUint16:
      return "uint16";
    case Type::kUint32:
      return "uint32";
    case Type::kUint64:
      return "uint64";
    case Type::kString:
    case Type::kInstance:
      break;
  }
  return "string";
}

std::string_view CimXmlSchemaName(Type type) {
  switch (type) {
    case Type::kBoolean:
      return "cimBoolean";
    case Type::kUint8:
      return "cimUnsignedByte";
    case Type::kUint16:
      return "cimUnsignedShort";
    case Type::kUint32:
      return "cimUnsignedInt";
    case Type::kUint64:
      return "cimUnsignedLong";
    case Type::kString:
    case Type::kInstance:
      break;
  }
  return "cimString";
}

}  // namespace schema
