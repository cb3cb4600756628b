// Plain appends rather than gSOAP's output calls: those emit namespaces and
// attributes by flags that hold for a whole message, while here a scalar of the
// WMI family must never have an attribute and every item must stand alone.
#include "wsman/xml/instance_writer.h"

#include <algorithm>
#include <vector>

#include "wsman/namespaces.h"
#include "wsman/xml/character_data.h"

namespace wsman::xml {
namespace {

// One element of an instance or of a method's output.
struct Member {
  std::string_view name;
  schema::Type type;
  const schema::Class* embedded;
  const schema::Value* value;
};

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool NameIsLess(const Member& a, const Member& b) {
  return std::ranges::lexicographical_compare(
      a.name, b.name, [](char x, char y) { return LowerAscii(x) < LowerAscii(y); });
}

void AppendAttribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  AppendEscaped(out, value);
  out += '"';
}

// Writes members below a root that declares xsi, cim and the prefix p.
class MemberWriter {
 public:
  MemberWriter(std::string& out, const ResourceUri& uri) : out_(out), uri_(uri) {}

  void WriteAll(std::vector<Member> members, std::string_view prefix) {
    std::ranges::sort(members, NameIsLess);
    for (const Member& member : members) Write(member, prefix);
  }

  void WriteProperties(const schema::Instance& instance, std::string_view prefix) {
    const auto properties = instance.type->properties;
    std::vector<Member> members;
    members.reserve(properties.size());
    for (std::size_t i = 0; i < properties.size() && i < instance.values.size(); ++i)
      members.push_back(
          {properties[i].name, properties[i].type, properties[i].embedded, &instance.values[i]});
    WriteAll(std::move(members), prefix);
  }

  // An array is its element repeated; one without items is no element at all.
  void Write(const Member& member, std::string_view prefix) {
    if (const auto* numbers = std::get_if<std::vector<std::uint64_t>>(member.value)) {
      for (const std::uint64_t number : *numbers) WriteText(member, prefix, std::to_string(number));
    } else if (const auto* instances = std::get_if<std::vector<schema::Instance>>(member.value)) {
      for (const schema::Instance& instance : *instances) WriteEmbedded(member, prefix, instance);
    } else if (schema::IsNull(*member.value)) {
      WriteNil(member, prefix);
    } else if (const auto* text = std::get_if<std::string>(member.value)) {
      WriteText(member, prefix, *text);
    } else {
      WriteText(member, prefix, schema::ToText(*member.value));
    }
  }

 private:
  void Open(const Member& member, std::string_view prefix) {
    out_.append("<").append(prefix).append(":").append(member.name);
  }

  void Close(const Member& member, std::string_view prefix) {
    out_.append("</").append(prefix).append(":").append(member.name).append(">");
  }

  void AppendScalarType(const Member& member) {
    if (uri_.family == Family::kWmi || member.type == schema::Type::kInstance) return;
    out_.append(" xsi:type=\"cim:").append(schema::CimXmlSchemaName(member.type)).append("\"");
  }

  void WriteText(const Member& member, std::string_view prefix, std::string_view text) {
    Open(member, prefix);
    AppendScalarType(member);
    out_ += '>';
    AppendEscaped(out_, text);
    Close(member, prefix);
  }

  void WriteNil(const Member& member, std::string_view prefix) {
    Open(member, prefix);
    AppendScalarType(member);
    out_ += " xsi:nil=\"true\"/>";
  }

  // The namespace and type of the embedded class stand on the property itself.
  void WriteEmbedded(const Member& member, std::string_view prefix,
                     const schema::Instance& instance) {
    const std::string inner = "p" + std::to_string(++depth_);
    Open(member, prefix);
    AppendAttribute(out_, "xmlns:" + inner, UriOfClass(uri_, instance.type->name));
    out_.append(" xsi:type=\"").append(inner).append(":").append(instance.type->name);
    out_ += "_Type\">";
    WriteProperties(instance, inner);
    Close(member, prefix);
    --depth_;
  }

  std::string& out_;
  const ResourceUri& uri_;
  int depth_ = 0;
};

// A wildcard resource has no URI of its own for an instance to stand in.
std::string NamespaceOf(const ResourceUri& uri, std::string_view class_name) {
  return uri.class_name == "*" ? UriOfClass(uri, class_name) : uri.text;
}

void AppendDeclarations(std::string& out, std::string_view name_space) {
  AppendAttribute(out, "xmlns:xsi", ns::kXsi);
  AppendAttribute(out, "xmlns:p", name_space);
  AppendAttribute(out, "xmlns:cim", ns::kCim);
}

void OpenFragment(std::string& out, const schema::Instance& instance, const ResourceUri& uri) {
  out += "<w:XmlFragment";
  AppendAttribute(out, "xmlns:w", ns::kWsman);
  AppendDeclarations(out, NamespaceOf(uri, instance.type->name));
  out += '>';
}

constexpr std::size_t kTypicalBytes = 2048;

}  // namespace

std::string WriteInstance(const schema::Instance& instance, const ResourceUri& uri) {
  const std::string_view name = instance.type->name;
  std::string out;
  out.reserve(kTypicalBytes);
  out.append("<p:").append(name);
  AppendDeclarations(out, NamespaceOf(uri, name));
  out.append(" xsi:type=\"p:").append(name).append("_Type\" xml:lang=\"en-US\">");
  MemberWriter(out, uri).WriteProperties(instance, "p");
  return out.append("</p:").append(name).append(">");
}

std::string WriteMethodOutput(const MethodCall& call, const MethodResult& result,
                              const ResourceUri& uri) {
  const schema::Method& method = *call.method;
  static const schema::Value kNull;
  const schema::Value return_value = std::uint64_t{result.return_value};
  std::vector<Member> members = {{"ReturnValue", schema::Type::kUint32, nullptr, &return_value}};
  for (std::size_t i = 0; i < method.parameters.size(); ++i) {
    const schema::Parameter& parameter = method.parameters[i];
    if (parameter.direction != schema::Direction::kOut) continue;
    members.push_back({parameter.name, parameter.type, nullptr,
                       i < result.outputs.size() ? &result.outputs[i] : &kNull});
  }
  std::string out;
  out.append("<p:").append(method.name).append("_OUTPUT");
  AppendDeclarations(out, uri.text);
  out += " xml:lang=\"en-US\">";
  MemberWriter(out, uri).WriteAll(std::move(members), "p");
  return out.append("</p:").append(method.name).append("_OUTPUT>");
}

std::string WriteEpr(const schema::Instance& instance, const ResourceUri& uri) {
  const auto selector = [](std::string& out, std::string_view name, std::string_view value) {
    out += "<w:Selector";
    AppendAttribute(out, "Name", name);
    out += '>';
    AppendEscaped(out, value);
    out += "</w:Selector>";
  };
  std::string out = "<a:EndpointReference";
  AppendAttribute(out, "xmlns:a", ns::kAddressing);
  out.append("><a:Address>").append(ns::kAnonymous);
  out += "</a:Address><a:ReferenceParameters>";
  // Clients cut the selector set out as text and send it back elsewhere, so each
  // parameter declares its own prefix.
  out += "<w:ResourceURI";
  AppendAttribute(out, "xmlns:w", ns::kWsman);
  out += '>';
  AppendEscaped(out, NamespaceOf(uri, instance.type->name));
  out += "</w:ResourceURI><w:SelectorSet";
  AppendAttribute(out, "xmlns:w", ns::kWsman);
  out += '>';
  if (uri.family == Family::kDmtf) selector(out, "__cimnamespace", instance.type->name_space);
  for (const schema::Property& property : instance.type->properties)
    if (property.is_key)
      selector(out, property.name, schema::ToText(schema::ValueOf(instance, property.name)));
  return out += "</w:SelectorSet></a:ReferenceParameters></a:EndpointReference>";
}

std::string WriteFragment(const schema::Instance& instance, const schema::Property& property,
                          FragmentForm form, const ResourceUri& uri) {
  const schema::Value& value = schema::ValueOf(instance, property.name);
  std::string out;
  OpenFragment(out, instance, uri);
  if (form == FragmentForm::kText) {
    AppendEscaped(out, schema::ToText(value));
  } else {
    MemberWriter(out, uri).Write({property.name, property.type, property.embedded, &value}, "p");
  }
  return out += "</w:XmlFragment>";
}

std::string WriteProjection(const schema::Instance& instance,
                            const std::vector<const schema::Property*>& properties,
                            const ResourceUri& uri) {
  std::vector<Member> members;
  for (const schema::Property* property : properties) {
    members.push_back({property->name, property->type, property->embedded,
                       &schema::ValueOf(instance, property->name)});
  }
  std::string out;
  OpenFragment(out, instance, uri);
  MemberWriter(out, uri).WriteAll(std::move(members), "p");
  return out += "</w:XmlFragment>";
}

std::string EscapeText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  AppendEscaped(out, text);
  return out;
}

}  // namespace wsman::xml
