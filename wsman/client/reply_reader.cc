#include "wsman/client/reply_reader.h"

#include <charconv>

#include <fmt/format.h>

#include "schema/cim.h"
#include "wsman/namespaces.h"
#include "wsman/xml/charset.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace wsman::client {
namespace {

// The host was authenticated, so the limits only keep a broken one from
// exhausting this process: an enumeration may hold very many elements.
constexpr xml::XmlLimits kReplyLimits = {.depth = 64, .elements = 4'000'000};

constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string_view LocalName(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

tl::unexpected<ClientError> NotWsman(std::string text) {
  return tl::unexpected(ClientError{ClientError::Kind::kProtocol, std::move(text), 0, 0, {}});
}

// The deepest f:WSManFault: providers' faults are wrapped in the service's own.
const Element* InnermostFault(const Element& element) {
  const Element* found = element.name == "WSManFault" ? &element : nullptr;
  for (const Element& child : element.children) {
    if (const Element* inner = InnermostFault(child)) found = inner;
  }
  return found;
}

std::uint32_t CodeOf(const Element& wsman_fault) {
  for (const Selector& attribute : wsman_fault.attributes) {
    if (attribute.name != "Code") continue;
    std::uint32_t code = 0;
    const char* end = attribute.value.data() + attribute.value.size();
    if (std::from_chars(attribute.value.data(), end, code).ptr == end) return code;
  }
  return 0;
}

}  // namespace

const Element* Child(const Element& element, std::string_view name) {
  for (const Element& child : element.children) {
    if (schema::EqualsIgnoreCase(child.name, name)) return &child;
  }
  return nullptr;
}

ClientError ToClientError(const Element& fault) {
  ClientError error{ClientError::Kind::kFault, {}, 0, 0, {}};
  if (const Element* code = Child(fault, "Code")) {
    const Element* subcode = Child(*code, "Subcode");
    const Element* value = Child(subcode != nullptr ? *subcode : *code, "Value");
    if (value != nullptr) error.subcode = LocalName(Trim(value->text));
  }
  if (const Element* reason = Child(fault, "Reason")) {
    if (const Element* text = Child(*reason, "Text")) error.text = Trim(text->text);
  }
  const Element* detail = Child(fault, "Detail");
  const Element* innermost = detail != nullptr ? InnermostFault(*detail) : nullptr;
  if (innermost != nullptr) {
    error.code = CodeOf(*innermost);
    const Element* message = Child(*innermost, "Message");
    if (message != nullptr && !Trim(message->text).empty()) error.text = Trim(message->text);
  }
  if (error.text.empty()) error.text = "the host refused the request without a reason";
  return error;
}

Result<std::optional<Element>> ReadReply(std::string bytes, std::string_view content_type,
                                         std::string_view message_id) {
  const auto decoded = xml::Decode(std::move(bytes), content_type);
  if (!decoded) return NotWsman("the reply cannot be read: " + decoded.error().text);
  if (const auto checked = xml::CheckDocument(decoded->utf8, kReplyLimits); !checked) {
    return NotWsman("the reply is not acceptable XML: " + checked.error().text);
  }
  auto envelope = xml::ParseEnvelope(decoded->utf8);
  if (!envelope) {
    return NotWsman("the reply is not a SOAP 1.2 envelope: " + envelope.error().text);
  }
  if (envelope->body && envelope->body->name == "Fault" &&
      envelope->body->name_space == ns::kSoap) {
    return tl::unexpected(ToClientError(*envelope->body));
  }
  if (!message_id.empty() && envelope->relates_to != message_id) {
    return NotWsman(
        fmt::format("the reply does not belong to the request ({} was sent)", message_id));
  }
  return std::move(envelope->body);
}

}  // namespace wsman::client
