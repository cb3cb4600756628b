// Replies as text. Plain appends: the shape is fixed, every variable part goes
// through AppendEscaped, and nothing depends on parser state.
#include <array>
#include <random>

#include "wsman/namespaces.h"
#include "wsman/xml/character_data.h"
#include "wsman/xml/soap_codec.h"

namespace wsman::xml {
namespace {

struct Declaration {
  std::string_view prefix;
  std::string_view uri;
};

constexpr auto kDeclarations = std::to_array<Declaration>({
    {"s", ns::kSoap},
    {"a", ns::kAddressing},
    {"x", ns::kTransfer},
    {"n", ns::kEnumeration},
    {"w", ns::kWsman},
    {"p", ns::kMicrosoft},
    {"e", ns::kEventing},
    {"b", ns::kCimBinding},
    {"f", ns::kWsmanFault},
});

// The start tag is the same for every reply.
const std::string& EnvelopeStart() {
  static const std::string kStart = [] {
    std::string start = "<s:Envelope xml:lang=\"en-US\"";
    for (const Declaration& declaration : kDeclarations)
      start.append(" xmlns:").append(declaration.prefix).append("=\"").append(declaration.uri) +=
          '"';
    return start += '>';
  }();
  return kStart;
}

// Random version 4 UUID. Identifies a message, protects nothing.
std::string NewMessageId() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string id = "uuid:xxxxxxxx-xxxx-4xxx-Vxxx-xxxxxxxxxxxx";
  std::uint64_t bits = 0;
  int left = 0;
  for (char& c : id) {
    if (c != 'x' && c != 'V') continue;
    if (left == 0) {
      bits = generator();
      left = 16;
    }
    c = kHex[c == 'V' ? 8 | (bits & 3) : bits & 15];
    bits >>= 4;
    --left;
  }
  return id;
}

void AppendElement(std::string& out, std::string_view tag, std::string_view text) {
  out.append("<").append(tag).append(">");
  AppendEscaped(out, text);
  out.append("</").append(tag).append(">");
}

void AppendAddressing(std::string& out, std::string_view action, std::string_view relates_to) {
  AppendElement(out, "a:Action", action);
  AppendElement(out, "a:MessageID", NewMessageId());
  AppendElement(out, "a:To", ns::kAnonymous);
  if (!relates_to.empty()) AppendElement(out, "a:RelatesTo", relates_to);
}

// A declaration of its own at each element: no prefix of the request is known here.
void AppendForeign(std::string& out, const Element& element) {
  const bool qualified = !element.name_space.empty();
  const std::string tag = (qualified ? "r:" : "") + element.name;
  out.append("<").append(tag);
  if (qualified) {
    out += " xmlns:r=\"";
    AppendEscaped(out, element.name_space);
    out += '"';
  }
  for (const Selector& attribute : element.attributes) {
    out.append(" ").append(attribute.name).append("=\"");
    AppendEscaped(out, attribute.value);
    out += '"';
  }
  out += '>';
  AppendEscaped(out, element.text);
  for (const Element& child : element.children) AppendForeign(out, child);
  out.append("</").append(tag).append(">");
}

std::string_view FaultValue(const Fault& fault) {
  if (fault.code == FaultCode::kVersionMismatch) return "s:VersionMismatch";
  if (fault.code == FaultCode::kMustUnderstand) return "s:MustUnderstand";
  return RowOf(fault.code).receiver ? "s:Receiver" : "s:Sender";
}

// SOAP 1.2 5.4.8: which header was not understood.
void AppendNotUnderstood(std::string& out, const Fault& fault) {
  if (fault.code != FaultCode::kMustUnderstand || fault.header_name.empty()) return;
  const bool qualified = !fault.header_namespace.empty();
  out += "<s:NotUnderstood qname=\"";
  if (qualified) out += "ns:";
  AppendEscaped(out, fault.header_name);
  out += '"';
  if (qualified) {
    out += " xmlns:ns=\"";
    AppendEscaped(out, fault.header_namespace);
    out += '"';
  }
  out += "/>";
}

// The URI of the catalogue's detail, or the name of the header that the fault is about.
void AppendFaultDetail(std::string& out, const Fault& fault) {
  const std::string_view detail = RowOf(fault.code).detail;
  if (!detail.empty()) {
    AppendElement(out, "w:FaultDetail", std::string(ns::kFaultDetail).append(detail));
  } else if (!fault.header_name.empty() && fault.code != FaultCode::kMustUnderstand) {
    AppendElement(out, "w:FaultDetail", fault.header_name);
  }
}

// What is to be asked for instead (WS-Eventing 4, WS-Enumeration 4).
void AppendSupported(std::string& out, const Fault& fault) {
  if (fault.code == FaultCode::kDeliveryModeUnavailable)
    AppendElement(out, "e:SupportedDeliveryMode", ns::kPullDelivery);
  if (fault.code == FaultCode::kFilterDialectUnavailable) {
    for (const auto dialect : {ns::kWqlDialect, ns::kSelectorDialect, ns::kAssociationDialect})
      AppendElement(out, "n:SupportedDialect", dialect);
  }
}

// f:WSManFault is what PowerShell shows, cut out of the envelope: it declares
// its own namespace. f:Message has neither attributes nor children, or a script
// that reads WSManFault.Message would not get a string.
void AppendWsmanFault(std::string& out, const Fault& fault) {
  const std::uint32_t code =
      fault.wsman_code != 0 ? fault.wsman_code : RowOf(fault.code).wsman_code;
  out.append("<f:WSManFault xmlns:f=\"").append(ns::kWsmanFault).append("\" Code=\"");
  out.append(std::to_string(code)).append("\" Machine=\"localhost\">");
  AppendElement(out, "f:Message", fault.text);
  out += "</f:WSManFault>";
}

void AppendFault(std::string& out, const Fault& fault) {
  out += "<s:Fault><s:Code>";
  AppendElement(out, "s:Value", FaultValue(fault));
  const std::string_view subcode = RowOf(fault.code).subcode;
  if (!subcode.empty()) {
    out += "<s:Subcode>";
    AppendElement(out, "s:Value", subcode);
    out += "</s:Subcode>";
  }
  out += "</s:Code><s:Reason><s:Text xml:lang=\"en-US\">";
  AppendEscaped(out, fault.text);
  out += "</s:Text></s:Reason><s:Detail>";
  AppendFaultDetail(out, fault);
  AppendSupported(out, fault);
  AppendWsmanFault(out, fault);
  out += "</s:Detail></s:Fault>";
}

constexpr std::size_t kHeaderBytes = 2048;

}  // namespace

std::string WriteEnvelope(const ReplyHeader& header, std::string_view body) {
  std::string out;
  out.reserve(kHeaderBytes + body.size());
  out += EnvelopeStart();
  out += "<s:Header>";
  AppendAddressing(out, header.action, header.relates_to);
  if (header.fragment) {
    out += "<w:FragmentTransfer s:mustUnderstand=\"true\">";
    AppendEscaped(out, *header.fragment);
    out += "</w:FragmentTransfer>";
  }
  if (header.total_items)
    AppendElement(out, "w:TotalItemsCountEstimate", std::to_string(*header.total_items));
  if (header.requested_epr) {
    out.append("<w:RequestedEPR>")
        .append(header.requested_epr->empty() ? "<w:EPRUnknown/>" : *header.requested_epr)
        .append("</w:RequestedEPR>");
  }
  out += header.references;
  return out.append("</s:Header><s:Body>").append(body).append("</s:Body></s:Envelope>");
}

std::string WriteReferences(const References& references) {
  std::string out;
  for (const Element& block : references) AppendForeign(out, block);
  return out;
}

std::string WriteFault(const std::string& relates_to, const Fault& fault,
                       std::string_view references) {
  std::string out = EnvelopeStart();
  out += "<s:Header>";
  AppendAddressing(out, FaultAction(fault.code), relates_to);
  AppendNotUnderstood(out, fault);
  out += references;
  out += "</s:Header><s:Body>";
  AppendFault(out, fault);
  return out += "</s:Body></s:Envelope>";
}

std::string WriteIdentity(const Identity& identity) {
  std::string out = "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"";
  out.append(ns::kSoap).append("\"><s:Header/><s:Body><wsmid:IdentifyResponse xmlns:wsmid=\"");
  out.append(ns::kIdentity).append("\">");
  AppendElement(out, "wsmid:ProtocolVersion", identity.protocol_version);
  AppendElement(out, "wsmid:ProductVendor", identity.vendor);
  AppendElement(out, "wsmid:ProductVersion", identity.version);
  if (!identity.security_profiles.empty()) {
    out += "<wsmid:SecurityProfiles>";
    for (const std::string& profile : identity.security_profiles)
      AppendElement(out, "wsmid:SecurityProfileName", profile);
    out += "</wsmid:SecurityProfiles>";
  }
  return out += "</wsmid:IdentifyResponse></s:Body></s:Envelope>";
}

}  // namespace wsman::xml
