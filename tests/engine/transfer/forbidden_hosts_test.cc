#include "engine/transfer/forbidden_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::transfer {
namespace {

using testing::HasSubstr;

HResult CodeOf(const std::string& url, const TransferOptions& options = {}) {
  const Status status = ForbiddenHosts(options).Check(url);
  return status ? HResult::kOk : status.error().code;
}

TEST(ForbiddenHostsTest, AnAddressIsOneInEverySpelling) {
  for (const auto* const host : {"169.254.169.254",
                                 "0xA9FEA9FE",
                                 "0xa9.0xfe.0xa9.0xfe",
                                 "2852039166",
                                 "025177524776",
                                 "0251.0376.0251.0376",
                                 "169.254.43518",
                                 "169.16689662",
                                 "0xa9.16689662",
                                 "169.0xfe.0xa9fe",
                                 "169.254.169.254.",
                                 "169.254.169.254..",
                                 "%31%36%39.254.169.254",
                                 "0xA9FEA9FE.",
                                 "0.0.0.0",
                                 "0",
                                 "0x0",
                                 "00.00.00.00",
                                 "224.0.0.1",
                                 "255.255.255.255",
                                 "0xFFFFFFFF",
                                 "4294967295",
                                 "[::]",
                                 "[::ffff:169.254.169.254]",
                                 "[::FFFF:A9FE:A9FE]",
                                 "[0:0:0:0:0:ffff:a9fe:a9fe]",
                                 "[::169.254.169.254]",
                                 "[::a9fe:a9fe]",
                                 "[64:ff9b::169.254.169.254]",
                                 "[64:ff9b::a9fe:a9fe]",
                                 "[2002:a9fe:a9fe::]",
                                 "[fe80::1]",
                                 "[fe80::1%25eth0]",
                                 "[FE80:0:0:0:0:0:0:1]",
                                 "[ff02::1]",
                                 "[fd00:ec2::254]",
                                 "[FD00:EC2:0:0:0:0:0:254]",
                                 "[0000:0000::0000]"}) {
    for (const auto* const scheme : {"http://", "https://"}) {
      EXPECT_EQ(CodeOf(std::string(scheme) + host + "/latest"), HResult::kAccessDenied) << host;
      EXPECT_EQ(CodeOf(std::string(scheme) + host + ":8080/"), HResult::kAccessDenied) << host;
    }
  }
}

TEST(ForbiddenHostsTest, OtherAddressesAreAllowed) {
  for (const auto* const host : {"127.0.0.1", "10.0.0.1", "169.253.0.1", "192.0.2.1", "[::1]",
                                 "[2001:db8::1]", "2130706433", "localhost"})
    EXPECT_EQ(CodeOf(std::string("http://") + host + "/"), HResult::kOk) << host;
}

TEST(ForbiddenHostsTest, NamesOfMetadataServicesAndAllBelowThemAreDenied) {
  for (const auto* const host : {"metadata.google.internal", "METADATA.Google.Internal",
                                 "metadata.google.internal.", "x.metadata.google.internal",
                                 "metadata.goog", "instance-data", "instance-data.ec2.internal"})
    EXPECT_EQ(CodeOf(std::string("http://") + host + "/"), HResult::kAccessDenied) << host;
  for (const auto* const host : {"google.internal", "mymetadata.goog", "metadata.goog.example",
                                 "instance-data.example", "169.254.169.254.example"})
    EXPECT_EQ(CodeOf(std::string("http://") + host + "/"), HResult::kOk) << host;
}

TEST(ForbiddenHostsTest, ThisHostIsDeniedByNameWhereItsAddressesAre) {
  TransferOptions options;
  options.denied_addresses = {"127.0.0.0/8", "::1/128"};
  for (const auto* const host : {"localhost", "LOCALHOST.", "a.localhost", "127.1", "0x7f000001",
                                 "[::1]", "[::ffff:127.0.0.1]", "017700000001"})
    EXPECT_EQ(CodeOf(std::string("http://") + host + "/", options), HResult::kAccessDenied) << host;
  EXPECT_EQ(CodeOf("http://localhost.example/", options), HResult::kOk);
}

TEST(ForbiddenHostsTest, AMessageNamesTheSetting) {
  const ForbiddenHosts hosts{TransferOptions()};
  EXPECT_THAT(hosts.Check("http://metadata.goog/").error().message,
              HasSubstr("transfers.denied_hosts"));
  EXPECT_THAT(hosts.Check("http://0/").error().message, HasSubstr("transfers.denied_addresses"));
}

TEST(ForbiddenHostsTest, AListThatCannotBeReadDeniesEveryAddress) {
  TransferOptions options;
  options.denied_addresses = {"nonsense"};
  EXPECT_EQ(CodeOf("http://192.0.2.1/", options), HResult::kAccessDenied);
}

}  // namespace
}  // namespace engine::transfer
