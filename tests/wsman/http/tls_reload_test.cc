// Certificates are replaced while the server runs.
#include <atomic>
#include <fstream>
#include <thread>

#include "tests/support/test_certificates.h"
#include "tests/wsman/http/server_fixture.h"

namespace wsman::http {
namespace {

TEST_F(ServerTest, ConnectionsAfterAReloadSeeTheOtherCertificate) {
  Start();
  RawClient before(https());
  const std::string first = before.ServerFingerprint();
  test_support::MakeCertificate(folder_);
  EXPECT_EQ(RawClient(https()).ServerFingerprint(), first) << "files alone change nothing";
  ASSERT_TRUE(server_->ReloadTls());
  EXPECT_NE(RawClient(https()).ServerFingerprint(), first);
  EXPECT_EQ(before.Ask(Post("<x/>"))->status, 200) << "open connections go on";
}

TEST_F(ServerTest, AReloadThatFailsChangesNothing) {
  Start();
  const std::string first = RawClient(https()).ServerFingerprint();
  std::ofstream(options_.tls_certificate) << "no certificate";
  const auto broken = server_->ReloadTls();
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().find(options_.tls_certificate.string()), std::string::npos);
  std::filesystem::remove(options_.tls_certificate);
  EXPECT_FALSE(server_->ReloadTls());
  const auto other = test_support::MakeCertificate(folder_, "other");
  std::filesystem::copy_file(other.certificate, options_.tls_certificate);
  EXPECT_FALSE(server_->ReloadTls()) << "the key is that of the first certificate";
  RawClient client(https());
  EXPECT_EQ(client.ServerFingerprint(), first);
  EXPECT_EQ(client.Ask(Post("<x/>"))->status, 200);
}

TEST_F(ServerTest, WithoutHttpsAReloadDoesNothing) {
  options_.https.clear();
  Start();
  std::filesystem::remove(options_.tls_certificate);
  EXPECT_TRUE(server_->ReloadTls());
}

TEST_F(ServerTest, ReloadsUnderLoadLoseNoRequest) {
  constexpr int kReloads = 30;
  constexpr int kRequestsBetween = 100;
  constexpr int kRequestsOfAConnection = 10;
  Start();
  std::atomic<int> answered = 0;
  std::atomic<int> lost = 0;
  std::atomic<bool> enough = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([this, &answered, &lost, &enough] {
      while (!enough) {
        RawClient client(https());
        for (int request = 0; request < kRequestsOfAConnection; ++request) {
          const auto reply = client.Ask(Post("<x/>"));
          ++(reply && reply->status == 200 ? answered : lost);
        }
      }
    });
  }
  for (int reload = 0; reload < kReloads; ++reload) {
    const int until = answered + lost + kRequestsBetween;
    while (answered + lost < until) std::this_thread::yield();
    test_support::MakeCertificate(folder_);
    EXPECT_TRUE(server_->ReloadTls());
  }
  enough = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(lost, 0);
  EXPECT_GE(answered, kReloads * kRequestsBetween);
}

}  // namespace
}  // namespace wsman::http
