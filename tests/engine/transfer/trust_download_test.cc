// Which certificates of servers are accepted, with real handshakes.
#include "engine/job_settings.h"
#include "tests/engine/transfer/transfer_fixture.h"
#include "tests/support/tls_front.h"

namespace engine::transfer {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using test_support::CertificateFiles;
using test_support::CertificateKind;
using test_support::TlsFront;
using ::testing::HasSubstr;

namespace flags = security_flags;

constexpr std::uint32_t kIgnoreAll =
    flags::kIgnoreName | flags::kIgnoreDate | flags::kIgnoreAuthority | flags::kIgnoreUsage;

class TrustTest : public TransferTest {
 protected:
  TrustTest() { options().allow_weakened_tls = true; }

  CertificateFiles Certificate(const CertificateKind& kind = {}) {
    return test_support::MakeCertificate(directory_.path(), "server", kind);
  }

  Download WithFlags(std::uint32_t security_flags, const std::string& url) {
    JobSettings settings;
    settings.security_flags = security_flags;
    Download download = Of(url);
    download.settings = std::make_shared<const JobSettings>(settings);
    return download;
  }

  // kOk when the file arrived.
  HResult CodeOf(std::uint32_t security_flags, const std::string& url) {
    const Event end = Run(WithFlags(security_flags, url));
    const auto* failed = std::get_if<Failed>(&end);
    if (failed == nullptr) return HResult::kOk;
    EXPECT_FALSE(failed->recoverable) << failed->error.message;
    EXPECT_EQ(failed->error.context, ErrorContext::kGeneralTransport);
    return failed->error.code;
  }

  const OriginFile file_{support::PatternBytes(1'000), "\"v0\"", ""};
  OriginServer origin_{[this](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file_, request, reply);
  }};
};

struct TrustCase {
  const char* name;
  CertificateKind kind;
  bool known_authority;
  HResult code;
  std::uint32_t flag;  // the one that ignores it
};

void PrintTo(const TrustCase& value, std::ostream* stream) { *stream << value.name; }

std::vector<TrustCase> TrustCases() {
  using std::chrono::seconds;
  CertificateKind other_name;
  other_name.names = "DNS:elsewhere.example";
  CertificateKind expired;
  expired.begins = seconds(-7'200);
  expired.ends = seconds(-3'600);
  CertificateKind to_come;
  to_come.begins = seconds(3'600);
  to_come.ends = seconds(7'200);
  CertificateKind for_clients;
  for_clients.usage = "clientAuth";
  return {
      {"AnotherName", other_name, true, HResult::kCertNameInvalid, flags::kIgnoreName},
      {"Expired", expired, true, HResult::kCertDateInvalid, flags::kIgnoreDate},
      {"NotYetValid", to_come, true, HResult::kCertDateInvalid, flags::kIgnoreDate},
      {"UnknownAuthority", {}, false, HResult::kInvalidCertAuthority, flags::kIgnoreAuthority},
      {"AnotherUsage", for_clients, true, HResult::kCertWrongUsage, flags::kIgnoreUsage},
  };
}

class TrustCaseTest : public TrustTest, public ::testing::WithParamInterface<TrustCase> {};

TEST_P(TrustCaseTest, IsRefusedAndIgnoredByItsOwnFlagAlone) {
  const TrustCase& fault = GetParam();
  const CertificateFiles certificate = Certificate(fault.kind);
  if (fault.known_authority) options().ca_file = certificate.certificate;
  TlsFront front(certificate, origin_.port());
  EXPECT_EQ(CodeOf(0, front.Url("/file")), fault.code);
  EXPECT_EQ(CodeOf(kIgnoreAll & ~fault.flag, front.Url("/file")), fault.code);
  EXPECT_EQ(origin_.requests().size(), 0u);
  EXPECT_EQ(CodeOf(fault.flag, front.Url("/file")), HResult::kOk);
  EXPECT_EQ(CodeOf(kIgnoreAll, front.Url("/file")), HResult::kOk);
  EXPECT_EQ(origin_.requests().size(), 2u);
  // A connection that one job accepted is none for a job that would not have.
  EXPECT_EQ(CodeOf(0, front.Url("/file")), fault.code);
}

INSTANTIATE_TEST_SUITE_P(Cases, TrustCaseTest, ::testing::ValuesIn(TrustCases()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(TrustTest, AGoodCertificateNeedsNoFlag) {
  const CertificateFiles certificate = Certificate();
  options().ca_file = certificate.certificate;
  TlsFront front(certificate, origin_.port());
  EXPECT_EQ(CodeOf(0, front.Url("/file")), HResult::kOk);
  EXPECT_EQ(CodeOf(0, front.Url("/file")), HResult::kOk);
  EXPECT_EQ(front.handshakes(), 1);
}

TEST_F(TrustTest, OfSeveralFaultsEachWantsItsFlag) {
  CertificateKind kind;
  kind.names = "DNS:elsewhere.example";
  kind.ends = std::chrono::seconds(-1);
  kind.usage = "clientAuth";
  TlsFront front(Certificate(kind), origin_.port());
  for (std::uint32_t missing :
       {flags::kIgnoreName, flags::kIgnoreDate, flags::kIgnoreAuthority, flags::kIgnoreUsage}) {
    EXPECT_NE(CodeOf(kIgnoreAll & ~missing, front.Url("/file")), HResult::kOk) << missing;
  }
  EXPECT_EQ(CodeOf(kIgnoreAll, front.Url("/file")), HResult::kOk);
}

TEST_F(TrustTest, WithoutThePolicyNoFlagIgnoresAnything) {
  options().allow_weakened_tls = false;
  TlsFront front(Certificate(), origin_.port());
  EXPECT_EQ(CodeOf(kIgnoreAll, front.Url("/file")), HResult::kInvalidCertAuthority);
  EXPECT_EQ(origin_.requests().size(), 0u);
}

// --- revocation -------------------------------------------------------------------

TEST_F(TrustTest, ARevokedCertificateIsRefusedWhereRevocationIsChecked) {
  const CertificateFiles certificate = Certificate();
  options().ca_file = certificate.certificate;
  options().crl_file = test_support::MakeRevocationList(certificate, "revoked", true);
  TlsFront front(certificate, origin_.port());
  EXPECT_EQ(CodeOf(flags::kCheckRevocation, front.Url("/file")), HResult::kCertRevoked);
  EXPECT_EQ(CodeOf(flags::kCheckRevocation | kIgnoreAll, front.Url("/file")),
            HResult::kCertRevoked);
  EXPECT_EQ(CodeOf(0, front.Url("/file")), HResult::kOk);
}

TEST_F(TrustTest, AListWithoutItAcceptsACertificate) {
  const CertificateFiles certificate = Certificate();
  options().ca_file = certificate.certificate;
  options().crl_file = test_support::MakeRevocationList(certificate, "empty", false);
  TlsFront front(certificate, origin_.port());
  EXPECT_EQ(CodeOf(flags::kCheckRevocation, front.Url("/file")), HResult::kOk);
}

TEST_F(TrustTest, WithoutAListRevocationCannotBeChecked) {
  const CertificateFiles certificate = Certificate();
  options().ca_file = certificate.certificate;
  TlsFront front(certificate, origin_.port());
  const Failed failed = RunToFailure(WithFlags(flags::kCheckRevocation, front.Url("/file")));
  EXPECT_EQ(failed.error.code, HResult::kCertRevocationFailed);
  EXPECT_THAT(failed.error.message, HasSubstr("transfers.crl_file"));
  EXPECT_EQ(front.handshakes(), 0);
}

TEST_F(TrustTest, AListOfAnotherAuthorityOrNoneAtAllIsNotEnough) {
  const CertificateFiles certificate = Certificate();
  CertificateKind stranger;
  stranger.common_name = "stranger";
  const CertificateFiles other =
      test_support::MakeCertificate(directory_.path(), "other", stranger);
  options().ca_file = certificate.certificate;
  options().crl_file = directory_.path() / "missing.crl";
  TlsFront front(certificate, origin_.port());
  EXPECT_EQ(CodeOf(flags::kCheckRevocation, front.Url("/file")), HResult::kCertRevocationFailed);
  EndThreads();
  options().crl_file = test_support::MakeRevocationList(other, "other", false);
  EXPECT_EQ(CodeOf(flags::kCheckRevocation, front.Url("/file")), HResult::kCertRevocationFailed);
}

// --- redirects from https -----------------------------------------------------------

TEST_F(TrustTest, OnlyWhereItIsAllowedHttpsLeadsToHttp) {
  const CertificateFiles certificate = Certificate();
  options().ca_file = certificate.certificate;
  OriginServer moved([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(302, {"Location: " + origin_.Url("/file"), "Content-Length: 0"});
  });
  TlsFront front(certificate, moved.port());
  const Failed failed = RunToFailure(WithFlags(0, front.Url("/moved")));
  EXPECT_EQ(failed.error.code, HttpError(302));
  EXPECT_EQ(origin_.requests().size(), 0u);

  Download download = WithFlags(flags::kAllowHttpsToHttp, front.Url("/moved"));
  Reach reach;
  reach.custom_headers = SecretText("X-Secret: hunter2\r\n");
  download.reach = std::make_shared<const Reach>(std::move(reach));
  RunToFinish(download);
  EXPECT_EQ(moved.requests().back().Header("x-secret"), "hunter2");
  EXPECT_EQ(origin_.requests().back().headers.count("x-secret"), 0u);

  EndThreads();
  options().allow_weakened_tls = false;
  const Failed refused = RunToFailure(WithFlags(flags::kAllowHttpsToHttp, front.Url("/moved")));
  EXPECT_EQ(refused.error.code, HttpError(302));
}

}  // namespace
}  // namespace engine::transfer
