#include "schema/mof.h"

#include <vector>

namespace schema {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += ", ";
    joined += part;
  }
  return joined;
}

void AddNamedValues(std::vector<std::string>& qualifiers, std::span<const NamedValue> values) {
  if (values.empty()) return;
  std::vector<std::string> numbers;
  std::vector<std::string> names;
  for (const NamedValue& value : values) {
    numbers.push_back(Quoted(std::to_string(value.value)));
    names.push_back(Quoted(value.name));
  }
  qualifiers.push_back("ValueMap { " + Joined(numbers) + " }");
  qualifiers.push_back("Values { " + Joined(names) + " }");
}

std::string Description(std::string_view text) { return "Description ( " + Quoted(text) + " )"; }

std::string Declaration(Type type, std::string_view name, bool is_array) {
  std::string declaration(MofName(type));
  declaration += ' ';
  declaration += name;
  if (is_array) declaration += "[]";
  return declaration;
}

std::string PropertyMof(const Property& property) {
  std::vector<std::string> qualifiers;
  if (property.is_key) qualifiers.emplace_back("Key");
  qualifiers.emplace_back("Read");
  if (property.access == Access::kReadWrite) qualifiers.emplace_back("Write");
  if (property.embedded != nullptr)
    qualifiers.push_back("EmbeddedInstance ( " + Quoted(property.embedded->name) + " )");
  qualifiers.push_back(Description(property.description));
  AddNamedValues(qualifiers, property.values);
  return "  [" + Joined(qualifiers) + "]\n  " +
         Declaration(property.type, property.name, property.is_array) + ";\n";
}

std::string ParameterMof(const Parameter& parameter) {
  std::vector<std::string> qualifiers;
  if (parameter.direction == Direction::kIn) {
    qualifiers.emplace_back("In");
    if (parameter.presence == Presence::kOptional) qualifiers.emplace_back("Optional");
  } else {
    // DSP0004 makes In true unless it is denied.
    qualifiers.emplace_back("In ( false )");
    qualifiers.emplace_back("Out");
  }
  qualifiers.push_back(Description(parameter.description));
  AddNamedValues(qualifiers, parameter.values);
  return "\n    [" + Joined(qualifiers) + "]\n    " +
         Declaration(parameter.type, parameter.name, parameter.is_array);
}

std::string MethodMof(const Method& method) {
  std::vector<std::string> qualifiers;
  if (method.is_static) qualifiers.emplace_back("Static");
  qualifiers.push_back(Description(method.description));
  std::string mof = "  [" + Joined(qualifiers) + "]\n  uint32 ";
  mof += method.name;
  mof += '(';
  bool first = true;
  for (const Parameter& parameter : method.parameters) {
    if (!first) mof += ',';
    first = false;
    mof += ParameterMof(parameter);
  }
  return mof += ");\n";
}

}  // namespace

std::string ToMof(const Class& type) {
  std::string mof = "[" + Description(type.description) + "]\nclass ";
  mof += type.name;
  mof += " {\n";
  for (const Property& property : type.properties) mof += "\n" + PropertyMof(property);
  for (const Method& method : type.methods) mof += "\n" + MethodMof(method);
  return mof += "};\n";
}

}  // namespace schema
