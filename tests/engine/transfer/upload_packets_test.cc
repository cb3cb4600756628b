#include "engine/transfer/upload_packets.h"

#include <gmock/gmock.h>

#include <string>

namespace engine::transfer {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> Named(const std::string& name) {
  return FragmentHeaders("{1}", name, {0, 1, 1});
}

TEST(UploadPacketsTest, CreateSessionOffersTheOnlyProtocol) {
  EXPECT_THAT(CreateSessionHeaders(),
              ElementsAre("BITS-Packet-Type: Create-Session",
                          "BITS-Supported-Protocols: {7df0354d-249b-430f-820d-3d2a9bef4931}"));
}

TEST(UploadPacketsTest, AFragmentSaysWhichBytesItHas) {
  EXPECT_THAT(FragmentHeaders("{1}", "a.log", {100, 50, 200}),
              ElementsAre("BITS-Packet-Type: Fragment", "BITS-Session-Id: {1}",
                          "Content-Range: bytes 100-149/200", "Content-Name: a.log"));
}

TEST(UploadPacketsTest, TheOthersNameTheirSessionButPing) {
  EXPECT_THAT(PingHeaders(), ElementsAre("BITS-Packet-Type: Ping"));
  EXPECT_THAT(CloseSessionHeaders("{1}"),
              ElementsAre("BITS-Packet-Type: Close-Session", "BITS-Session-Id: {1}"));
  EXPECT_THAT(CancelSessionHeaders("{1}"),
              ElementsAre("BITS-Packet-Type: Cancel-Session", "BITS-Session-Id: {1}"));
}

TEST(UploadPacketsTest, NamesThatAHeaderCannotCarryAreLeftOut) {
  for (const char* name : {"", "a/b", "a:b", "a\r\nX: y", "caf\xc3\xa9", " a", "a ", "a\tb"})
    EXPECT_THAT(Named(name), Not(Contains(StartsWith("Content-Name")))) << name;
}

TEST(UploadPacketsTest, NamesUpToTheLimitAreSent) {
  EXPECT_THAT(Named(std::string(kMaxContentName - 1, 'n')), Contains(StartsWith("Content-Name")));
  EXPECT_THAT(Named(std::string(kMaxContentName, 'n')), Contains(StartsWith("Content-Name")));
  EXPECT_THAT(Named(std::string(kMaxContentName + 1, 'n')),
              Not(Contains(StartsWith("Content-Name"))));
}

}  // namespace
}  // namespace engine::transfer
