#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/wsman/client/scripted_server.h"
#include "tests/wsman/client/test_certificate.h"
#include "wsman/client/client.h"
#include "wsman/xml/soap_codec.h"

namespace wsman::client {
namespace {

using ::testing::HasSubstr;
using Kind = ClientError::Kind;

class ClientTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "bitsd-tls-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  static std::vector<Step> Identities() {
    const Step step{[](const ReceivedRequest&) {
                      return HttpReplyBytes(200, xml::WriteIdentity({"v", "us", "1", {}}));
                    },
                    Step::Then::kKeep};
    return {step, step};
  }

  static Client MakeClient(const std::string& url, const std::filesystem::path& ca_file) {
    ClientOptions options;
    options.url = url;
    options.ca_file = ca_file;
    options.timeout = std::chrono::milliseconds(5000);
    return Client(options);
  }

  std::filesystem::path folder_;
};

TEST_F(ClientTlsTest, ATrustedCertificateWithTheHostsNameIsAccepted) {
  const ServerIdentity identity = MakeSelfSigned("DNS:localhost,IP:127.0.0.1");
  const auto ca_file = Write("ca.pem", identity.certificate);
  ScriptedServer server(Identities(), identity);
  Client client = MakeClient(server.Url("localhost"), ca_file);
  const auto first = client.Identify();
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_TRUE(client.Identify());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTlsTest, AnAddressIsComparedWithTheAddressesInTheCertificate) {
  const ServerIdentity identity = MakeSelfSigned("IP:127.0.0.1");
  const auto ca_file = Write("ca.pem", identity.certificate);
  ScriptedServer server(Identities(), identity);
  EXPECT_TRUE(MakeClient(server.Url("127.0.0.1"), ca_file).Identify());
  const auto by_name = MakeClient(server.Url("localhost"), ca_file).Identify();
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().kind, Kind::kTls);
}

TEST_F(ClientTlsTest, ACertificateOfAnotherHostIsRefusedAndNothingIsSent) {
  const ServerIdentity identity = MakeSelfSigned("DNS:other.example");
  const auto ca_file = Write("ca.pem", identity.certificate);
  ScriptedServer server(Identities(), identity);
  const auto reply = MakeClient(server.Url("localhost"), ca_file).Identify();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kTls);
  EXPECT_THAT(reply.error().text, HasSubstr("hostname mismatch"));
  ASSERT_TRUE(server.WaitForClosed(1));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ClientTlsTest, ACertificateOfAnUnknownAuthorityIsRefused) {
  const ServerIdentity identity = MakeSelfSigned("DNS:localhost");
  const auto other = Write("other.pem", MakeSelfSigned("DNS:localhost,DNS:x").certificate);
  ScriptedServer server(Identities(), identity);
  const auto reply = MakeClient(server.Url("localhost"), other).Identify();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kTls);
  EXPECT_THAT(reply.error().text, HasSubstr("self-signed"));
  const auto with_system_store = MakeClient(server.Url("localhost"), {}).Identify();
  ASSERT_FALSE(with_system_store);
  EXPECT_EQ(with_system_store.error().kind, Kind::kTls);
}

TEST_F(ClientTlsTest, AMissingFileOfAuthoritiesIsNamed) {
  ScriptedServer server(Identities(), MakeSelfSigned("DNS:localhost"));
  const auto reply = MakeClient(server.Url("localhost"), folder_ / "none.pem").Identify();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kTls);
  EXPECT_THAT(reply.error().text, HasSubstr("none.pem"));
}

TEST_F(ClientTlsTest, AServerThatDoesNotSpeakTlsIsATlsError) {
  ScriptedServer server({});
  std::string url = server.Url();
  url.replace(0, 4, "https");
  const auto reply = MakeClient(url, {}).Identify();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kTls);
}

}  // namespace
}  // namespace wsman::client
