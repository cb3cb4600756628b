#include "wsman/xml/class_writer.h"

#include <span>
#include <string_view>
#include <utility>

#include "wsman/xml/character_data.h"

namespace wsman::xml {
namespace {

// Flavours of a qualifier (DSP0201 5.2.5.2) that differ from the defaults.
constexpr std::string_view kFixed = " OVERRIDABLE=\"false\"";
constexpr std::string_view kTranslatable = " TRANSLATABLE=\"true\"";

class ClassWriter {
 public:
  std::string Write(const schema::Class& type) {
    origin_ = type.name;
    out_ += "<CLASS";
    Attribute("NAME", type.name);
    out_ += '>';
    Description(type.description);
    for (const schema::Property& property : type.properties) Write(property);
    for (const schema::Method& method : type.methods) Write(method);
    out_ += "</CLASS>";
    return std::move(out_);
  }

 private:
  void Write(const schema::Property& property) {
    const std::string_view tag = property.is_array ? "PROPERTY.ARRAY" : "PROPERTY";
    Open(tag, property.name, property.type);
    Origin();
    if (property.embedded != nullptr) Attribute("EmbeddedObject", "instance");
    out_ += '>';
    if (property.is_key) Flag("key", kFixed);
    Flag("read", {});
    if (property.access == schema::Access::kReadWrite) Flag("write", {});
    if (property.embedded != nullptr) Text("EmbeddedInstance", property.embedded->name, kFixed);
    Description(property.description);
    NamedValues(property.values);
    Close(tag);
  }

  void Write(const schema::Method& method) {
    Open("METHOD", method.name, schema::Type::kUint32);
    Origin();
    out_ += '>';
    if (method.is_static) Flag("static", kFixed);
    Description(method.description);
    for (const schema::Parameter& parameter : method.parameters) Write(parameter);
    Close("METHOD");
  }

  void Write(const schema::Parameter& parameter) {
    const std::string_view tag = parameter.is_array ? "PARAMETER.ARRAY" : "PARAMETER";
    Open(tag, parameter.name, parameter.type);
    out_ += '>';
    const bool is_in = parameter.direction == schema::Direction::kIn;
    Flag(is_in ? "in" : "out", kFixed);
    if (is_in && parameter.presence == schema::Presence::kOptional) Flag("optional", kFixed);
    Description(parameter.description);
    NamedValues(parameter.values);
    Close(tag);
  }

  void Attribute(std::string_view name, std::string_view value) {
    out_.append(" ").append(name).append("=\"");
    AppendEscaped(out_, value);
    out_ += '"';
  }

  void Open(std::string_view tag, std::string_view name, schema::Type type) {
    out_.append("<").append(tag);
    Attribute("NAME", name);
    Attribute("TYPE", schema::MofName(type));
  }

  void Close(std::string_view tag) { out_.append("</").append(tag).append(">"); }

  // No class has a superclass, so everything comes from the class itself.
  void Origin() {
    Attribute("CLASSORIGIN", origin_);
    Attribute("PROPAGATED", "false");
  }

  void OpenQualifier(std::string_view name, std::string_view type, std::string_view flavours) {
    out_ += "<QUALIFIER";
    Attribute("NAME", name);
    Attribute("TYPE", type);
    out_.append(flavours).append(">");
  }

  void Value(std::string_view text) {
    out_ += "<VALUE>";
    AppendEscaped(out_, text);
    out_ += "</VALUE>";
  }

  void Flag(std::string_view name, std::string_view flavours) {
    OpenQualifier(name, "boolean", flavours);
    Value("true");
    Close("QUALIFIER");
  }

  void Text(std::string_view name, std::string_view text, std::string_view flavours) {
    OpenQualifier(name, "string", flavours);
    Value(text);
    Close("QUALIFIER");
  }

  void Description(std::string_view text) { Text("Description", text, kTranslatable); }

  void NamedValues(std::span<const schema::NamedValue> values) {
    if (values.empty()) return;
    OpenQualifier("ValueMap", "string", {});
    out_ += "<VALUE.ARRAY>";
    for (const schema::NamedValue& value : values) Value(std::to_string(value.value));
    out_ += "</VALUE.ARRAY>";
    Close("QUALIFIER");
    OpenQualifier("Values", "string", kTranslatable);
    out_ += "<VALUE.ARRAY>";
    for (const schema::NamedValue& value : values) Value(value.name);
    out_ += "</VALUE.ARRAY>";
    Close("QUALIFIER");
  }

  std::string out_;
  std::string_view origin_;
};

}  // namespace

std::string WriteClass(const schema::Class& type) { return ClassWriter().Write(type); }

}  // namespace wsman::xml
