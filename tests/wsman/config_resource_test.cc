#include "wsman/config_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace wsman {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kConfig = "http://schemas.microsoft.com/wbem/wsman/1/config";

class ConfigResourceTest : public ServiceTest {
 protected:
  ConfigResourceTest() : ServiceTest(Options()) {}

  static DispatcherOptions Options() {
    DispatcherOptions options;
    options.max_envelope_bytes = 256'000;
    options.max_operation_timeout = std::chrono::seconds(30);
    options.enumerations.idle = std::chrono::seconds(45);
    options.allow_unencrypted = true;
    options.authentication = {
        .basic = true, .kerberos = false, .negotiate = true, .certificate = false};
    return options;
  }

  static Message GetConfig(const std::string& path) {
    Message message = Transfer("Get");
    message.uri = kConfig + path;
    message.selectors.clear();
    return message;
  }

  static Message List(const std::string& path) {
    Message message =
        Enumeration("Enumerate", "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>");
    message.uri = kConfig + path;
    return message;
  }
};

TEST_F(ConfigResourceTest, TheWholeConfigurationHoldsItsParts) {
  const std::string reply = ExpectSuccess(GetConfig(""));
  EXPECT_THAT(reply, HasSubstr("<s:Body><cfg:Config xmlns:cfg=\"" + kConfig + "\""));
  EXPECT_THAT(reply, HasSubstr("<cfg:MaxEnvelopeSizekb>250</cfg:MaxEnvelopeSizekb>"
                               "<cfg:MaxTimeoutms>30000</cfg:MaxTimeoutms>"
                               "<cfg:MaxBatchItems>32000</cfg:MaxBatchItems><cfg:Client>"));
  EXPECT_THAT(reply, HasSubstr("</cfg:Client><cfg:Service>"
                               "<cfg:EnumerationTimeoutms>45000</cfg:EnumerationTimeoutms>"
                               "<cfg:AllowUnencrypted>true</cfg:AllowUnencrypted>"));
  EXPECT_THAT(reply, HasSubstr("</cfg:Service><cfg:Winrs>"
                               "<cfg:AllowRemoteShellAccess>false</cfg:AllowRemoteShellAccess>"));
}

TEST_F(ConfigResourceTest, EachPartCanBeReadUnderItsOwnNamespace) {
  const auto starts_with = [this](const std::string& path, const std::string& name) {
    const std::string start = "<s:Body><cfg:" + name + " xmlns:cfg=\"" + kConfig + path + "\"";
    return ExpectSuccess(GetConfig(path)).find(start) != std::string::npos;
  };
  EXPECT_TRUE(starts_with("/client", "Client"));
  EXPECT_TRUE(starts_with("/service", "Service"));
  EXPECT_TRUE(starts_with("/service/auth", "Auth"));
  EXPECT_TRUE(starts_with("/winrs", "Winrs"));
}

TEST_F(ConfigResourceTest, AuthenticationTellsWhatTheServiceAccepts) {
  EXPECT_THAT(ExpectSuccess(GetConfig("/SERVICE/Auth")),
              HasSubstr("<cfg:Basic>true</cfg:Basic><cfg:Kerberos>false</cfg:Kerberos>"
                        "<cfg:Negotiate>true</cfg:Negotiate>"
                        "<cfg:Certificate>false</cfg:Certificate>"
                        "<cfg:CredSSP>false</cfg:CredSSP>"));
}

TEST_F(ConfigResourceTest, EachEndpointIsAListener) {
  EXPECT_THAT(ExpectSuccess(List("/listener")), HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
  dispatcher_->SetEndpoints({"http://127.0.0.1:5985/wsman", "https://[::1]:5986/wsman"});
  const std::string reply = ExpectSuccess(List("/listener"));
  EXPECT_THAT(reply,
              HasSubstr("<cfg:Address>127.0.0.1</cfg:Address><cfg:Transport>HTTP</cfg:Transport>"
                        "<cfg:Port>5985</cfg:Port><cfg:Hostname></cfg:Hostname>"
                        "<cfg:Enabled>true</cfg:Enabled><cfg:URLPrefix>wsman</cfg:URLPrefix>"
                        "<cfg:CertificateThumbprint></cfg:CertificateThumbprint>"
                        "<cfg:ListeningOn>127.0.0.1</cfg:ListeningOn></cfg:Listener>"
                        "<cfg:Listener xmlns:cfg=\"" +
                        kConfig + "/listener\""));
  EXPECT_THAT(reply, HasSubstr("<cfg:Address>::1</cfg:Address><cfg:Transport>HTTPS"
                               "</cfg:Transport><cfg:Port>5986</cfg:Port>"));
}

TEST_F(ConfigResourceTest, PluginsAndMappedCertificatesAreEmptyLists) {
  for (const char* path : {"/plugin", "/service/certmapping"})
    EXPECT_THAT(ExpectSuccess(List(path)), HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
}

TEST_F(ConfigResourceTest, ListsAreEnumeratedAndDocumentsAreRead) {
  ExpectFault(GetConfig("/listener"), "a:ActionNotSupported", "", "2150858771");
  ExpectFault(List(""), "a:ActionNotSupported", "", "2150858771");
  Message put = GetConfig("");
  put.action = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Put";
  ExpectFault(put, "a:ActionNotSupported", "", "2150858771");
  Message selected = GetConfig("");
  selected.selectors = SelectorXml("Name", "x");
  ExpectFault(selected, "w:InvalidSelectors", "UnexpectedSelectors", "2150858843");
}

TEST_F(ConfigResourceTest, OtherPathsAreNoResources) {
  for (const char* path : {"/", "/nope", "x", "/winrs/customremoteshell"}) {
    ExpectFault(GetConfig(path), "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  }
}

TEST_F(ConfigResourceTest, TheRoleDecides) {
  authorizer_.forbidden = {Operation::kGet};
  const http::Reply reply = Send(GetConfig(""));
  EXPECT_THAT(reply.body, HasSubstr("w:AccessDenied"));
  EXPECT_THAT(reply.body, Not(HasSubstr("cfg:")));
}

}  // namespace
}  // namespace wsman
