#include "wsman/auth/gss_keytab.h"

#include <gmock/gmock.h>
#include <krb5/krb5.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "wsman/auth/gss_credential.h"

namespace wsman::auth::gss {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class KeytabTest : public ::testing::Test {
 protected:
  KeytabTest() {
    std::string folder = ::testing::TempDir() + "keytab_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    keytab_ = folder_ / "http.keytab";
    EXPECT_EQ(krb5_init_context(&context_), 0);
  }
  ~KeytabTest() override {
    krb5_free_context(context_);
    fs::remove_all(folder_);
  }

  // A random key in the file, which it makes with mode 0600.
  void Add(const char* principal, krb5_enctype type) {
    krb5_keytab keytab = nullptr;
    krb5_keytab_entry entry{};
    ASSERT_EQ(krb5_kt_resolve(context_, ("WRFILE:" + keytab_.string()).c_str(), &keytab), 0);
    ASSERT_EQ(krb5_parse_name(context_, principal, &entry.principal), 0);
    ASSERT_EQ(krb5_c_make_random_key(context_, type, &entry.key), 0);
    entry.vno = 1;
    EXPECT_EQ(krb5_kt_add_entry(context_, keytab, &entry), 0);
    krb5_free_keytab_entry_contents(context_, &entry);
    krb5_kt_close(context_, keytab);
    fs::permissions(keytab_, fs::perms::owner_read | fs::perms::owner_write);
  }

  std::string Mistake() const {
    const auto checked = CheckKeytab(keytab_);
    return checked ? "none" : checked.error();
  }

  fs::path folder_;
  fs::path keytab_;
  krb5_context context_ = nullptr;
};

TEST_F(KeytabTest, AnyOfThreeServicesWithAnAesKeyWillDo) {
  for (const char* principal :
       {"HTTP/web.test@R.TEST", "WSMAN/web@R.TEST", "host/web.test@R.TEST", "http/web@R.TEST"}) {
    fs::remove(keytab_);
    Add(principal, ENCTYPE_AES128_CTS_HMAC_SHA256_128);
    EXPECT_EQ(Mistake(), "none") << principal;
  }
}

TEST_F(KeytabTest, OtherKeysDoNotCount) {
  Add("nfs/web.test@R.TEST", ENCTYPE_AES256_CTS_HMAC_SHA1_96);
  Add("HTTP@R.TEST", ENCTYPE_AES256_CTS_HMAC_SHA1_96);
  Add("HTTP/web.test@R.TEST", ENCTYPE_ARCFOUR_HMAC);
  EXPECT_THAT(Mistake(), HasSubstr("holds no AES key"));
  Add("HTTP/web.test@R.TEST", ENCTYPE_AES256_CTS_HMAC_SHA1_96);
  EXPECT_EQ(Mistake(), "none");
}

TEST_F(KeytabTest, ItsGroupMayReadItAndNobodyElse) {
  Add("HTTP/web.test@R.TEST", ENCTYPE_AES256_CTS_HMAC_SHA1_96);
  for (const auto& [mode, mistake] : {std::pair(0400u, "none"),
                                      {0600u, "none"},
                                      {0640u, "none"},
                                      {0660u, "chmod 640"},
                                      {0644u, "has mode 0644"},
                                      {0602u, "has mode 0602"}}) {
    fs::permissions(keytab_, static_cast<fs::perms>(mode));
    EXPECT_THAT(Mistake(), HasSubstr(mistake)) << std::oct << mode;
  }
}

TEST_F(KeytabTest, WhatIsNoKeytabIsRefusedByName) {
  EXPECT_THAT(Mistake(), HasSubstr("http.keytab: No such file"));
  std::ofstream(keytab_) << "something else";
  fs::permissions(keytab_, fs::perms::owner_read);
  EXPECT_THAT(Mistake(), HasSubstr("cannot read keytab"));
  fs::remove(keytab_);
  fs::create_directory(keytab_);
  EXPECT_THAT(Mistake(), HasSubstr("not a regular file"));
}

TEST_F(KeytabTest, AnEmptyKeytabIsRefused) {
  std::ofstream(keytab_).close();
  fs::permissions(keytab_, fs::perms::owner_read);
  EXPECT_NE(Mistake(), "none");
}

TEST_F(KeytabTest, ACredentialNeedsAKeytab) {
  EXPECT_THAT(Credential::Open(keytab_, folder_ / "replays").error(), HasSubstr("http.keytab"));
  Add("HTTP/web.test@R.TEST", ENCTYPE_AES256_CTS_HMAC_SHA1_96);
  const auto credential = Credential::Open(keytab_, folder_ / "replays");
  EXPECT_TRUE(credential) << credential.error();
}

}  // namespace
}  // namespace wsman::auth::gss
