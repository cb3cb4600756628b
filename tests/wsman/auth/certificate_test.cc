#include "wsman/auth/certificate.h"

#include <gmock/gmock.h>

#include "wsman/auth/authenticator.h"
#include "wsman/auth/secret_files_fixture.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kKey[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

ClientCertificate CertificateOf(std::vector<std::string> names = {}) {
  return {.key_sha256 = kKey,
          .serial = "1AB",
          .issuer = "CN=Corp CA,O=Corp",
          .user_principal_names = std::move(names)};
}

class CertificateMapTest : public SecretFilesTest {
 protected:
  CertificateMapTest() { file_ = folder_ / "certificates"; }

  std::string Mistake() const {
    const auto map = CertificateMap::Open(file_);
    return map ? "" : map.error();
  }
  // Whose certificate it is when the file has this text.
  std::string NameIn(const std::string& text, const ClientCertificate& certificate) const {
    Write(text);
    const auto map = CertificateMap::Open(file_);
    EXPECT_TRUE(map) << map.error();
    const auto who = map ? (*map)->Find(certificate) : std::nullopt;
    return who.value_or("nobody");
  }
};

TEST_F(CertificateMapTest, ACertificateIsKnownByItsKeyItsSerialNumberOrItsPrincipalName) {
  const std::string upper = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789ABCDEF";
  EXPECT_EQ(NameIn(std::string("# who\n\nalice:key:") + kKey + "\n", CertificateOf()), "alice");
  EXPECT_EQ(NameIn("alice:key:" + upper, CertificateOf()), "alice");
  for (const char* serial : {"1AB", "1ab", "01AB", "0001ab"}) {
    EXPECT_EQ(NameIn(std::string("bob:serial:") + serial + ":CN=Corp CA,O=Corp", CertificateOf()),
              "bob");
  }
  EXPECT_EQ(NameIn("carol:upn:carol@corp", CertificateOf({"x@corp", "Carol@CORP"})), "carol");
}

TEST_F(CertificateMapTest, NothingElseMakesItSomebodys) {
  for (const char* line :
       {"", "alice:key:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee",
        "alice:serial:1AC:CN=Corp CA,O=Corp", "alice:serial:1AB:CN=Corp CA", "alice:serial:1AB:O",
        "alice:serial:1AB:CN=corp CA,O=Corp", "alice:upn:alice", "alice:upn:CN=alice"}) {
    EXPECT_EQ(NameIn(line, CertificateOf({"alice@corp"})), "nobody") << line;
  }
}

TEST_F(CertificateMapTest, TheMostExactLineCounts) {
  const std::string key = std::string("by-key:key:") + kKey + "\n";
  const std::string serial = "by-serial:serial:1AB:CN=Corp CA,O=Corp\n";
  const std::string upn = "by-upn:upn:c@corp\n";
  EXPECT_EQ(NameIn(upn + serial + key, CertificateOf({"c@corp"})), "by-key");
  EXPECT_EQ(NameIn(upn + serial, CertificateOf({"c@corp"})), "by-serial");
}

TEST_F(CertificateMapTest, MistakesAreNamedWithFileAndLine) {
  for (const char* line :
       {"alice", "alice:key", "alice:key:12", "alice:cn:alice", "alice:serial:1AB",
        "alice:serial:xyz:CN=x", "alice:serial:1AB:", "alice:upn:", ":upn:a@b", "a\\b:upn:a@b"}) {
    Write(std::string("# first\n") + line + "\n");
    EXPECT_THAT(Mistake(), HasSubstr(file_.string() + " line 2: ")) << line;
  }
  Write("a:upn:x@y\nb:upn:X@Y\n");
  EXPECT_THAT(Mistake(), HasSubstr("line 2: the same certificate appears twice"));
  Write("a:upn:x@y\n", 0644);
  EXPECT_THAT(Mistake(), HasSubstr("chmod 600"));
}

TEST_F(CertificateMapTest, WithoutAFileNobodyIsKnown) {
  const auto map = CertificateMap::Open(file_);
  ASSERT_TRUE(map) << map.error();
  EXPECT_FALSE((*map)->Find(CertificateOf({"a@b"})));
}

TEST_F(CertificateMapTest, AChangeOfTheFileCountsAtOnce) {
  const auto map = *CertificateMap::Open(file_);
  Write("alice:upn:a@b\n");
  EXPECT_EQ(map->Find(CertificateOf({"a@b"})), "alice");
  Write("mistake\n");
  EXPECT_FALSE(map->Find(CertificateOf({"a@b"})));
}

TEST_F(CertificateMapTest, OnlyAMappedCertificateMakesACaller) {
  Write("alice:upn:a@b\n");
  const Authenticator authenticator({}, {.verifier = *PasswordVerifier::Start(users_),
                                         .certificates = *CertificateMap::Open(file_),
                                         .user_groups = std::make_unique<UserGroups>(users_)});
  const ConnectionInfo connection{.source = "192.0.2.1", .encrypted = true};
  const auto caller = authenticator.Certified(connection, CertificateOf({"a@b"}));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name(), "alice");
  EXPECT_TRUE(caller->by_certificate());
  EXPECT_THAT(caller->groups(), IsEmpty());
  EXPECT_FALSE(authenticator.Certified(connection, CertificateOf({"b@b"})));
  EXPECT_FALSE(authenticator.Certified(connection, std::nullopt));
  const Authenticator without({}, {.verifier = *PasswordVerifier::Start(users_)});
  EXPECT_FALSE(without.Certified(connection, CertificateOf({"a@b"})));
  file_ = users_;
  Write("alice:*:ops\n");
  EXPECT_THAT(authenticator.Certified(connection, CertificateOf({"a@b"}))->groups(),
              ElementsAre("ops"));
}

TEST(CertificateTest, TheProfileIsKnownByItsUri) {
  EXPECT_TRUE(IsCertificate("http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"));
  EXPECT_TRUE(IsCertificate("HTTP://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/HTTPS/mutual"));
  EXPECT_FALSE(IsCertificate("http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/mutual"));
  EXPECT_FALSE(IsCertificate(""));
}

}  // namespace
}  // namespace wsman::auth
