// What this host's administrator allows holds for every packet of an upload, wherever
// it goes: hosts, addresses and TLS.
#include "engine/job_settings.h"
#include "engine/proxy_list.h"
#include "tests/engine/transfer/upload_fixture.h"
#include "tests/support/tls_front.h"

namespace engine::transfer {
namespace {

using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = BitsFault::Kind;

constexpr std::size_t kSize = 1'000;
constexpr std::uint32_t kAnyCertificate =
    security_flags::kIgnoreAuthority | security_flags::kIgnoreName;

std::string LocalhostOf(std::uint16_t port) { return "localhost:" + std::to_string(port); }

class UploadPolicyTest : public UploadTest {
 protected:
  UploadPolicyTest() { WriteSource(PatternBytes(kSize)); }

  void ExpectDenied(const Upload& upload) {
    const Failed failed = ExpectFailed(RunUpload(upload));
    EXPECT_EQ(failed.error.code, HResult::kAccessDenied) << failed.error.message;
    EXPECT_FALSE(failed.recoverable);
  }
  // In a session of that host.
  UploadState InSessionAt(const std::string& host) {
    UploadState state;
    state.session.id = "{1}";
    state.session.host = host;
    state.session.source = VersionOfSource();
    return state;
  }
};

// --- hosts and addresses ----------------------------------------------------------

TEST_F(UploadPolicyTest, DeniedHostsGetNoPacket) {
  options().denied_hosts = {"localhost"};
  BitsServer server;
  ExpectDenied(UploadTo("http://" + LocalhostOf(server.port()) + "/uploads/file.bin"));
  EXPECT_THAT(server.requests(), IsEmpty());
  ExpectFinished(RunUpload(UploadTo(server.Url())));
}

TEST_F(UploadPolicyTest, DeniedAddressesGetNoPacketWhateverTheirName) {
  options().denied_addresses = {"127.0.0.0/8", "::1"};
  BitsServer server;
  ExpectDenied(UploadTo(server.Url()));
  ExpectDenied(UploadTo("http://" + LocalhostOf(server.port()) + "/uploads/file.bin"));
  EXPECT_THAT(server.requests(), IsEmpty());
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(UploadPolicyTest, DeniedHostsGetNoPacketByAProxyEither) {
  options().denied_hosts = {"upload.invalid"};
  BitsServer proxy;
  Reach reach;
  reach.proxies = *ProxyRules::Parse("127.0.0.1:" + std::to_string(proxy.port()), "");
  Upload upload = UploadTo("http://files.upload.invalid/file.bin");
  upload.reach = std::make_shared<const Reach>(std::move(reach));
  ExpectDenied(upload);
  EXPECT_THAT(proxy.requests(), IsEmpty());
}

TEST_F(UploadPolicyTest, ARedirectToADeniedHostIsNotFollowed) {
  options().denied_hosts = {"localhost"};
  BitsServer denied;
  BitsServer server({}, [&denied](const BitsPacket&) {
    return BitsFault{Kind::kAnswer, "HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: http://" +
                                        LocalhostOf(denied.port()) + "/uploads/file.bin\r\n\r\n"};
  });
  EXPECT_FALSE(ExpectFailed(RunUpload(UploadTo(server.Url()))).recoverable);
  EXPECT_EQ(denied.connections(), 0);
}

TEST_F(UploadPolicyTest, AHostIdThatIsDeniedGetsNoPacket) {
  options().denied_hosts = {"localhost"};
  BitsServer node;
  BitsOptions named;
  named.session_lines = {"BITS-Host-Id: " + LocalhostOf(node.port())};
  BitsServer front(named);
  ExpectDenied(UploadTo(front.Url()));
  EXPECT_THAT(front.packets(), ElementsAre("Create-Session"));
  EXPECT_EQ(node.connections(), 0);
}

TEST_F(UploadPolicyTest, AHostIdThatIsDeniedGetsNoPacketByAProxyEither) {
  options().denied_hosts = {"metadata.invalid"};
  BitsOptions named;
  named.session_lines = {"BITS-Host-Id: metadata.invalid"};
  BitsServer proxy(named);
  Reach reach;
  reach.proxies = *ProxyRules::Parse("127.0.0.1:" + std::to_string(proxy.port()), "");
  Upload upload = UploadTo("http://upload.invalid/file.bin");
  upload.reach = std::make_shared<const Reach>(std::move(reach));
  ExpectDenied(upload);
  EXPECT_THAT(proxy.packets(), ElementsAre("Create-Session"));
}

TEST_F(UploadPolicyTest, ASavedSessionOfADeniedHostIsNeitherGoneOnWithNorCancelled) {
  options().denied_hosts = {"localhost"};
  BitsServer node;
  BitsServer server;
  const UploadState state = InSessionAt(LocalhostOf(node.port()));
  ExpectDenied(UploadTo(server.Url(), state));
  const SessionCancelled answer =
      RunCancel({Of(server.Url()).id, server.Url(), state.session, nullptr});
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, HResult::kAccessDenied);
  EXPECT_FALSE(answer.again);
  EXPECT_EQ(node.connections(), 0);
}

TEST_F(UploadPolicyTest, TheReplyIsNotFetchedFromADeniedHost) {
  options().denied_hosts = {"localhost"};
  OriginServer denied(
      [](const OriginRequest&, OriginReply& reply) { reply.Head(200, {"Content-Length: 0"}); });
  BitsOptions elsewhere;
  elsewhere.reply = "thanks";
  elsewhere.reply_url = "http://" + LocalhostOf(denied.port()) + "/reply";
  BitsServer server(elsewhere);
  ExpectDenied(UploadReplyTo(server.Url()));
  EXPECT_EQ(denied.connections(), 0);
}

// --- TLS --------------------------------------------------------------------------

class UploadTlsPolicyTest : public UploadPolicyTest {
 protected:
  Upload WithFlags(std::uint32_t security_flags) {
    JobSettings settings;
    settings.security_flags = security_flags;
    Upload upload = UploadTo(front_.Url("/uploads/file.bin"));
    upload.settings = std::make_shared<const JobSettings>(settings);
    return upload;
  }
  CancelSession CancelWithFlags(std::uint32_t security_flags) {
    Reach reach;
    reach.security_flags = security_flags;
    CancelSession cancel{Of(front_.Url("/")).id, front_.Url("/uploads/file.bin"), {}};
    cancel.session.id = "{1}";
    cancel.reach = std::make_shared<const Reach>(std::move(reach));
    return cancel;
  }

  BitsServer server_;
  test_support::TlsFront front_{test_support::MakeCertificate(directory_.path(), "server", {}),
                                server_.port()};
};

TEST_F(UploadTlsPolicyTest, WithoutThePolicyNoFlagOfAJobWeakensTls) {
  const Failed failed = ExpectFailed(RunUpload(WithFlags(kAnyCertificate)));
  EXPECT_EQ(failed.error.code, HResult::kInvalidCertAuthority);
  const SessionCancelled answer = RunCancel(CancelWithFlags(kAnyCertificate));
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, HResult::kInvalidCertAuthority);
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(UploadTlsPolicyTest, WithThePolicyTheFlagsOfAJobAreInForce) {
  options().allow_weakened_tls = true;
  EXPECT_EQ(ExpectFailed(RunUpload(WithFlags(0))).error.code, HResult::kInvalidCertAuthority);
  EXPECT_TRUE(RunCancel(CancelWithFlags(0)).error);
  EXPECT_THAT(server_.requests(), IsEmpty());
  ExpectFinished(RunUpload(WithFlags(kAnyCertificate)));
  ExpectStored(server_, PatternBytes(kSize));
  EXPECT_FALSE(RunCancel(CancelWithFlags(kAnyCertificate)).error);
}

}  // namespace
}  // namespace engine::transfer
