#include "provider/access_arguments.h"

#include <string_view>
#include <utility>

#include "provider/argument_reader.h"
#include "provider/method_call.h"

namespace provider {
namespace {

using wsman::MethodCall;

engine::SetCredentials Credentials(const MethodCall& call, ArgumentReader& read) {
  engine::SetCredentials set{read.Number("Target"), read.Number("Scheme"),
                             TextArgument(call, "UserName"), std::nullopt};
  if (auto password = TextArgument(call, "Password"))
    set.password = engine::SecretText::TakeFrom(*password);
  return set;
}

}  // namespace

wsman::Result<engine::AccessChange> AccessArguments(const MethodCall& call) {
  const std::string_view name = call.method->name;
  ArgumentReader read(call);
  if (name == "SetCredentials") return read.Finish<engine::AccessChange>(Credentials(call, read));
  if (name == "RemoveCredentials")
    return read.Finish<engine::AccessChange>(
        engine::RemoveCredentials{read.Number("Target"), read.Number("Scheme")});
  if (name == "SetClientCertificateById")
    return read.Finish<engine::AccessChange>(engine::SetCertificateById{
        read.Number("CertStoreLocation"), read.Text("StoreName"), read.Octets("CertHash")});
  if (name == "SetClientCertificateByName")
    return read.Finish<engine::AccessChange>(engine::SetCertificateByName{
        read.Number("CertStoreLocation"), read.Text("StoreName"), read.Text("SubjectName")});
  if (name == "SetProxySettings")
    return read.Finish<engine::AccessChange>(
        engine::SetProxy{read.Number("ProxyUsage"), TextArgument(call, "ProxyList"),
                         TextArgument(call, "ProxyBypassList")});
  return engine::RemoveCertificate{};
}

}  // namespace provider
