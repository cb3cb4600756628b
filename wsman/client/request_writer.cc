#include "wsman/client/request_writer.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "wsman/namespaces.h"
#include "wsman/xml/instance_writer.h"

namespace wsman::client {
namespace {

// What Windows clients ask for; the envelope size is the real bound.
constexpr int kMaxElements = 32'000;

constexpr std::string_view kWqlDialect = "http://schemas.microsoft.com/wbem/wsman/1/WQL";

std::string EscapeAttribute(std::string_view text) {
  std::string escaped = xml::EscapeText(text);
  for (std::size_t at = 0; (at = escaped.find('"', at)) != std::string::npos; at += 6) {
    escaped.replace(at, 1, "&quot;");
  }
  return escaped;
}

std::string WriteSelectors(const std::vector<Selector>& selectors) {
  if (selectors.empty()) return {};
  std::string xml = "<w:SelectorSet>";
  for (const Selector& selector : selectors) {
    xml += fmt::format(R"(<w:Selector Name="{}">{}</w:Selector>)", EscapeAttribute(selector.name),
                       xml::EscapeText(selector.value));
  }
  return xml + "</w:SelectorSet>";
}

std::string WriteFilter(std::string_view wql) {
  if (wql.empty()) return {};
  return fmt::format(R"(<w:Filter Dialect="{}">{}</w:Filter>)", kWqlDialect, xml::EscapeText(wql));
}

bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

}  // namespace

std::string NewUuid() {
  std::string text = boost::uuids::to_string(boost::uuids::random_generator()());
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return "uuid:" + text;
}

std::string ToDuration(std::chrono::milliseconds duration) {
  return fmt::format("PT{}.{:03}S", duration.count() / 1000, duration.count() % 1000);
}

std::string WriteRequest(const RequestHeader& header, std::string_view body) {
  std::string xml =
      fmt::format(R"(<s:Envelope xmlns:s="{}" xmlns:a="{}" xmlns:w="{}" xmlns:p="{}"><s:Header>)",
                  ns::kSoap, ns::kAddressing, ns::kWsman, ns::kMicrosoft);
  xml += fmt::format(R"(<a:To>{}</a:To>)", xml::EscapeText(header.to));
  xml += fmt::format(R"(<w:ResourceURI s:mustUnderstand="true">{}</w:ResourceURI>)",
                     xml::EscapeText(header.resource_uri));
  xml += fmt::format(R"(<a:ReplyTo><a:Address s:mustUnderstand="true">{}</a:Address></a:ReplyTo>)",
                     ns::kAnonymous);
  xml += fmt::format(R"(<a:Action s:mustUnderstand="true">{}</a:Action>)",
                     xml::EscapeText(header.action));
  xml += fmt::format(R"(<w:MaxEnvelopeSize s:mustUnderstand="true">{}</w:MaxEnvelopeSize>)",
                     header.max_envelope_bytes);
  xml += fmt::format("<a:MessageID>{}</a:MessageID>", header.message_id);
  xml += R"(<w:Locale xml:lang="en-US" s:mustUnderstand="false"/>)";
  xml += R"(<p:DataLocale xml:lang="en-US" s:mustUnderstand="false"/>)";
  xml +=
      fmt::format(R"(<p:SessionId s:mustUnderstand="false">{}</p:SessionId>)", header.session_id);
  xml += fmt::format(R"(<p:OperationID s:mustUnderstand="false">{}</p:OperationID>)", NewUuid());
  xml += R"(<p:SequenceId s:mustUnderstand="false">1</p:SequenceId>)";
  xml += WriteSelectors(header.selectors);
  if (!header.subscription.empty()) {
    xml += fmt::format(R"(<e:Identifier xmlns:e="{}">{}</e:Identifier>)", ns::kEventing,
                       xml::EscapeText(header.subscription));
  }
  xml += fmt::format("<w:OperationTimeout>{}</w:OperationTimeout>", ToDuration(header.timeout));
  xml += fmt::format("</s:Header><s:Body>{}</s:Body></s:Envelope>", body);
  return xml;
}

std::string WriteIdentify() {
  return fmt::format(
      R"(<s:Envelope xmlns:s="{}" xmlns:wsmid="{}"><s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>)",
      ns::kSoap, ns::kIdentity);
}

std::string WriteValues(std::string_view name, std::string_view resource_uri,
                        const Properties& values) {
  std::string xml = fmt::format(R"(<p:{} xmlns:p="{}">)", name, EscapeAttribute(resource_uri));
  for (const auto& [key, value] : values) {
    xml += fmt::format("<p:{}>{}</p:{}>", key, xml::EscapeText(value), key);
  }
  return xml + fmt::format("</p:{}>", name);
}

std::string WriteEnumerate(std::string_view wql) {
  return fmt::format(
      R"(<n:Enumerate xmlns:n="{}"><w:OptimizeEnumeration/><w:MaxElements>{}</w:MaxElements>{}</n:Enumerate>)",
      ns::kEnumeration, kMaxElements, WriteFilter(wql));
}

std::string WritePull(std::string_view context) {
  return fmt::format(
      R"(<n:Pull xmlns:n="{}"><n:EnumerationContext>{}</n:EnumerationContext><n:MaxElements>{}</n:MaxElements></n:Pull>)",
      ns::kEnumeration, xml::EscapeText(context), kMaxElements);
}

std::string WriteSubscribe(std::string_view wql) {
  return fmt::format(R"(<e:Subscribe xmlns:e="{}"><e:Delivery Mode="{}"/>{}</e:Subscribe>)",
                     ns::kEventing, ns::kPullDelivery, WriteFilter(wql));
}

std::string WriteEventPull(std::string_view subscription, std::chrono::milliseconds wait) {
  return fmt::format(
      R"(<n:Pull xmlns:n="{}"><n:EnumerationContext>{}</n:EnumerationContext><n:MaxTime>{}</n:MaxTime><n:MaxElements>{}</n:MaxElements></n:Pull>)",
      ns::kEnumeration, xml::EscapeText(subscription), ToDuration(wait), kMaxElements);
}

std::string_view ClassOf(std::string_view resource_uri) {
  const std::size_t slash = resource_uri.rfind('/');
  return slash == std::string_view::npos ? resource_uri : resource_uri.substr(slash + 1);
}

bool IsElementName(std::string_view name) {
  if (name.empty() || !IsLetter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return IsLetter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

}  // namespace wsman::client
