// Hosts and addresses that no request may go to.
#include "engine/proxy_list.h"
#include "tests/engine/transfer/settings_download_fixture.h"

namespace engine::transfer {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using ::testing::HasSubstr;

TEST_F(SettingsDownloadTest, AProxyIsNotAskedForADeniedHost) {
  const OriginFile file = FileOf(10);
  OriginServer proxy([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "http://elsewhere.example/moved")
      return reply.Head(302, {"Location: http://0xA9FEA9FE/latest", "Content-Length: 0"});
    support::ServeFile(file, request, reply);
  });
  const auto by_proxy = [&](const std::string& url) {
    Download download = Of(url);
    Reach reach;
    reach.proxies = *ProxyRules::Parse("127.0.0.1:" + std::to_string(proxy.port()), "");
    download.reach = std::make_shared<const Reach>(std::move(reach));
    return download;
  };
  RunToFinish(by_proxy("http://elsewhere.example/file"));
  for (const auto* const url :
       {"http://169.254.169.254/latest", "https://169.254.169.254/latest", "http://[fe80::1]/",
        "http://metadata.google.internal/computeMetadata", "http://elsewhere.example/moved"}) {
    const Failed failed = RunToFailure(by_proxy(url));
    EXPECT_EQ(failed.error.code, HResult::kAccessDenied) << url;
    EXPECT_FALSE(failed.recoverable);
    EXPECT_THAT(failed.error.message, HasSubstr("transfers.denied_"));
  }
  EXPECT_EQ(proxy.requests().size(), 2u);
}

class DeniedAddressTest : public SettingsDownloadTest {
 protected:
  DeniedAddressTest() { options().denied_addresses = {"127.0.0.0/8", "::1"}; }

  void ExpectDenied(const std::string& url) {
    const Failed failed = RunToFailure(Of(url));
    EXPECT_EQ(failed.error.code, HResult::kAccessDenied) << url << ": " << failed.error.message;
    EXPECT_THAT(failed.error.message, HasSubstr("transfers.denied_addresses"));
    EXPECT_FALSE(failed.recoverable);
  }

  OriginServer origin_{
      [](const OriginRequest&, OriginReply& reply) { reply.Head(200, {"Content-Length: 0"}); }};
};

TEST_F(DeniedAddressTest, NoSpellingOfItGetsAConnection) {
  const std::string port = ":" + std::to_string(origin_.port()) + "/file";
  for (const char* host :
       {"127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "127.0.0.2", "localhost",
        "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:7f00:1]"})
    ExpectDenied("http://" + (host + port));
  EXPECT_EQ(origin_.connections(), 0);
}

TEST_F(DeniedAddressTest, NoRedirectLeadsThere) {
  options().denied_addresses = {"127.0.0.2/32"};
  OriginServer start([](const OriginRequest&, OriginReply& reply) {
    reply.Head(302, {"Location: http://127.0.0.2/file", "Content-Length: 0"});
  });
  ExpectDenied(start.Url("/start"));
}

TEST_F(DeniedAddressTest, AListThatCannotBeReadDeniesEverything) {
  options().denied_addresses = {"nonsense"};
  ExpectDenied(origin_.Url("/file"));
  EXPECT_EQ(origin_.connections(), 0);
}

}  // namespace
}  // namespace engine::transfer
