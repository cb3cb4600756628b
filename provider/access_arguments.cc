#include "provider/access_arguments.h"

#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "provider/method_call.h"

namespace provider {
namespace {

using wsman::MethodCall;

// Reads arguments and remembers the first that is missing.
class Reader {
 public:
  explicit Reader(const MethodCall& call) : call_(call) {}

  std::uint32_t Number(std::string_view parameter) {
    const auto number = NumberArgument(call_, parameter);
    if (!number) Miss(parameter);
    return static_cast<std::uint32_t>(number.value_or(0));
  }

  std::string Text(std::string_view parameter) {
    auto text = TextArgument(call_, parameter);
    if (!text) Miss(parameter);
    return std::move(text).value_or("");
  }

  std::vector<std::uint8_t> Octets(std::string_view parameter) {
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

  wsman::Result<engine::AccessChange> Finish(engine::AccessChange change) const {
    if (missing_.empty()) return change;
    return wsman::Fail(wsman::FaultCode::kInvalidParameter,
                       fmt::format("The parameter {} is missing.", missing_),
                       static_cast<std::uint32_t>(engine::HResult::kInvalidArgument));
  }

 private:
  void Miss(std::string_view parameter) {
    if (missing_.empty()) missing_ = parameter;
  }

  const MethodCall& call_;
  std::string missing_;
};

engine::SetCredentials Credentials(const MethodCall& call, Reader& read) {
  engine::SetCredentials set{read.Number("Target"), read.Number("Scheme"),
                             TextArgument(call, "UserName"), std::nullopt};
  if (auto password = TextArgument(call, "Password"))
    set.password = engine::SecretText::TakeFrom(*password);
  return set;
}

}  // namespace

wsman::Result<engine::AccessChange> AccessArguments(const MethodCall& call) {
  const std::string_view name = call.method->name;
  Reader read(call);
  if (name == "SetCredentials") return read.Finish(Credentials(call, read));
  if (name == "RemoveCredentials")
    return read.Finish(engine::RemoveCredentials{read.Number("Target"), read.Number("Scheme")});
  if (name == "SetClientCertificateById")
    return read.Finish(engine::SetCertificateById{read.Number("CertStoreLocation"),
                                                  read.Text("StoreName"), read.Octets("CertHash")});
  if (name == "SetClientCertificateByName")
    return read.Finish(engine::SetCertificateByName{
        read.Number("CertStoreLocation"), read.Text("StoreName"), read.Text("SubjectName")});
  if (name == "SetProxySettings")
    return read.Finish(engine::SetProxy{read.Number("ProxyUsage"), TextArgument(call, "ProxyList"),
                                        TextArgument(call, "ProxyBypassList")});
  return engine::RemoveCertificate{};
}

}  // namespace provider
