#include "wsman/config_resource.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "schema/cim.h"
#include "wsman/enumeration_request.h"
#include "wsman/namespaces.h"
#include "wsman/quoted.h"
#include "wsman/xml/instance_writer.h"

namespace wsman {
namespace {

constexpr std::string_view kUri = "http://schemas.microsoft.com/wbem/wsman/1/config";

// The part after the common URI in lower case: "", "/listener"; empty optional
// for other URIs.
std::optional<std::string> PathOf(std::string_view uri) {
  if (!schema::EqualsIgnoreCase(uri.substr(0, kUri.size()), kUri)) return std::nullopt;
  std::string path(uri.substr(kUri.size()));
  std::transform(path.begin(), path.end(), path.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return path;
}

bool IsDocument(std::string_view path) {
  return path.empty() || path == "/client" || path == "/service" || path == "/service/auth" ||
         path == "/winrs";
}

bool IsList(std::string_view path) {
  return path == "/listener" || path == "/plugin" || path == "/service/certmapping";
}

std::string Leaf(std::string_view name, std::string_view text) {
  return fmt::format("<cfg:{0}>{1}</cfg:{0}>", name, xml::EscapeText(text));
}

std::string Leaf(std::string_view name, bool value) {
  return Leaf(name, std::string_view(value ? "true" : "false"));
}

// Each document has the namespace of its own resource URI.
std::string Root(std::string_view name, std::string_view path, std::string_view content) {
  return fmt::format(
      "<cfg:{0} xmlns:cfg=\"{1}{2}\" "
      "xmlns:xsi=\"{3}\" xml:lang=\"en-US\">{4}</cfg:{0}>",
      name, kUri, path, ns::kXsi, content);
}

std::string Inner(std::string_view name, std::string_view content) {
  return fmt::format("<cfg:{0}>{1}</cfg:{0}>", name, content);
}

std::string AuthText(const AuthenticationFacts& facts) {
  return Leaf("Basic", facts.basic) + Leaf("Kerberos", facts.kerberos) +
         Leaf("Negotiate", facts.negotiate) + Leaf("Certificate", facts.certificate) +
         Leaf("CredSSP", false);
}

std::string PortsText() {
  return Inner("DefaultPorts",
               Leaf("HTTP", std::string_view("5985")) + Leaf("HTTPS", std::string_view("5986")));
}

std::string ServiceText(const ConfigFacts& facts) {
  return Leaf("EnumerationTimeoutms", std::to_string(facts.enumeration_idle.count())) +
         Leaf("AllowUnencrypted", facts.allow_unencrypted) +
         Inner("Auth", AuthText(facts.authentication)) + PortsText();
}

std::string ClientText() { return Leaf("URLPrefix", std::string_view("wsman")) + PortsText(); }

std::string ShellText() { return Leaf("AllowRemoteShellAccess", false); }

std::string ConfigText(const ConfigFacts& facts) {
  return Leaf("MaxEnvelopeSizekb", std::to_string(facts.max_envelope_bytes / 1024)) +
         Leaf("MaxTimeoutms", std::to_string(facts.max_operation_timeout.count())) +
         Leaf("MaxBatchItems", std::to_string(kMaxBatchItems)) + Inner("Client", ClientText()) +
         Inner("Service", ServiceText(facts)) + Inner("Winrs", ShellText());
}

// "https://[::1]:5986/wsman" as a listener.
std::string ListenerText(std::string_view url) {
  const std::size_t scheme_end = std::min(url.find("://"), url.size());
  std::string_view rest = url.substr(std::min(scheme_end + 3, url.size()));
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  const std::size_t colon = std::min(authority.rfind(':'), authority.size());
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool is_tls = url.substr(0, scheme_end) == "https";
  return Root("Listener", "/listener",
              Leaf("Address", host) +
                  Leaf("Transport", std::string_view(is_tls ? "HTTPS" : "HTTP")) +
                  Leaf("Port", authority.substr(std::min(colon + 1, authority.size()))) +
                  Leaf("Hostname", std::string_view()) + Leaf("Enabled", true) +
                  Leaf("URLPrefix", rest.substr(std::min(slash + 1, rest.size()))) +
                  Leaf("CertificateThumbprint", std::string_view()) + Leaf("ListeningOn", host));
}

Result<void> CheckNoSelectors(const Request& request) {
  if (request.selectors.empty()) return {};
  return Fail(FaultCode::kUnexpectedSelectors,
              fmt::format("This resource takes no selectors; leave out {}.",
                          Quoted(request.selectors.front().name)));
}

}  // namespace

void ConfigResource::SetEndpoints(std::vector<std::string> urls) {
  const std::lock_guard lock(mutex_);
  endpoints_ = std::move(urls);
}

bool ConfigResource::Owns(std::string_view resource_uri) const {
  const auto path = PathOf(resource_uri);
  return path && (IsDocument(*path) || IsList(*path));
}

Result<std::string> ConfigResource::Get(const Request& request) const {
  if (auto none = CheckNoSelectors(request); !none) return tl::unexpected(none.error());
  const std::string path = PathOf(request.resource_uri.value_or("")).value_or("");
  if (IsList(path)) {
    return Fail(FaultCode::kActionNotSupported,
                "This resource is a list; use Enumerate instead of Get.");
  }
  if (path == "/client") return Root("Client", path, ClientText());
  if (path == "/service") return Root("Service", path, ServiceText(facts_));
  if (path == "/service/auth") return Root("Auth", path, AuthText(facts_.authentication));
  if (path == "/winrs") return Root("Winrs", path, ShellText());
  return Root("Config", path, ConfigText(facts_));
}

Result<std::vector<std::string>> ConfigResource::Enumerate(const Request& request) const {
  if (auto none = CheckNoSelectors(request); !none) return tl::unexpected(none.error());
  const std::string path = PathOf(request.resource_uri.value_or("")).value_or("");
  if (!IsList(path)) {
    return Fail(FaultCode::kActionNotSupported,
                "This resource is a single document; use Get instead of Enumerate.");
  }
  std::vector<std::string> items;
  if (path != "/listener") return items;  // there are no plug-ins and no mapped certificates
  const std::lock_guard lock(mutex_);
  for (const std::string& url : endpoints_) items.push_back(ListenerText(url));
  return items;
}

}  // namespace wsman
