#include "engine/store/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "engine/store/aes_gcm.h"
#include "store_for_test.h"

namespace engine::store {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kMarker = "MARKER-password";

class SecretsTest : public testing::Test {
 protected:
  SecretName Name(std::uint64_t job = 1, AuthTarget target = AuthTarget::kServer,
                  AuthScheme scheme = AuthScheme::kBasic) {
    return {IdForTest(job), target, scheme};
  }
  UserAndPassword Secret() { return {SecretText("user"), SecretText(kMarker)}; }
  std::vector<std::uint8_t> Sealed(Secrets& secrets, const SecretName& name) {
    EXPECT_TRUE(secrets.EnsureKey(true));
    return *secrets.Seal(name, Secret());
  }
  void ExpectRefused(const Secrets& secrets, const SecretName& name, Bytes sealed) {
    const auto opened = secrets.Open(name, sealed);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, HResult::kInvalidCredentials);
    EXPECT_EQ(opened.error().context, ErrorContext::kGeneralQueueManager);
    EXPECT_THAT(opened.error().message, Not(HasSubstr(std::string(kMarker))));
  }

  TemporaryDirectory directory_;
  const std::filesystem::path key_ = directory_ / "secrets.key";
};

TEST_F(SecretsTest, WhatWasSealedIsOpenedAlsoByAnotherProcess) {
  Secrets first(key_);
  const auto sealed = Sealed(first, Name());
  const auto opened = Secrets(key_).Open(Name(), sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->user.text(), "user");
  EXPECT_EQ(opened->password.text(), kMarker);
}

TEST_F(SecretsTest, EmptyAndLongTextsSurvive) {
  Secrets secrets(key_);
  ASSERT_TRUE(secrets.EnsureKey(true));
  for (const std::size_t size : {std::size_t{0}, std::size_t{65'535}}) {
    const std::string password(size, 'p');
    const auto sealed = secrets.Seal(Name(), {SecretText("u"), SecretText(password)});
    EXPECT_EQ(secrets.Open(Name(), *sealed)->password.text(), password);
  }
}

TEST_F(SecretsTest, TheSealedFormHoldsNoPlainTextAndIsNeverTheSameTwice) {
  Secrets secrets(key_);
  const auto one = Sealed(secrets, Name());
  const auto two = Sealed(secrets, Name());
  EXPECT_NE(one, two);
  EXPECT_NE(IdentityOf(one), IdentityOf(two));
  EXPECT_THAT(std::string(one.begin(), one.end()), Not(HasSubstr(std::string(kMarker))));
}

TEST_F(SecretsTest, AMovedRowOpensNothing) {
  Secrets secrets(key_);
  const auto sealed = Sealed(secrets, Name());
  ExpectRefused(secrets, Name(2), sealed);
  ExpectRefused(secrets, Name(1, AuthTarget::kProxy), sealed);
  ExpectRefused(secrets, Name(1, AuthTarget::kServer, AuthScheme::kDigest), sealed);
}

TEST_F(SecretsTest, HeadersComeBackForTheirJobAndFieldAlone) {
  Secrets secrets(key_);
  ASSERT_TRUE(secrets.EnsureKey(true));
  const auto sealed = *secrets.SealHeaders(Name().job, SecretText(kMarker));
  EXPECT_THAT(std::string(sealed.begin(), sealed.end()), Not(HasSubstr(std::string(kMarker))));
  EXPECT_EQ(secrets.OpenHeaders(Name().job, sealed)->text(), kMarker);
  EXPECT_EQ(secrets.OpenHeaders(Name(2).job, sealed).error().code, HResult::kInvalidCredentials);
  ExpectRefused(secrets, Name(), sealed);
  const auto credential = Sealed(secrets, Name());
  EXPECT_FALSE(secrets.OpenHeaders(Name().job, credential));
}

TEST_F(SecretsTest, EveryChangedByteIsNoticed) {
  Secrets secrets(key_);
  const auto sealed = Sealed(secrets, Name());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 1;
    ExpectRefused(secrets, Name(), changed);
    ExpectRefused(secrets, Name(), Bytes(sealed).first(i));
  }
}

TEST_F(SecretsTest, AnotherKeyOpensNothing) {
  Secrets secrets(key_);
  const auto sealed = Sealed(secrets, Name());
  std::filesystem::remove(key_);
  Secrets other(key_);
  ExpectRefused(other, Name(), sealed);
  EXPECT_THAT(other.Open(Name(), sealed).error().message, HasSubstr("is missing. Restore it"));
  ASSERT_TRUE(other.EnsureKey(true));
  ExpectRefused(other, Name(), sealed);
  EXPECT_THAT(other.Open(Name(), sealed).error().message, HasSubstr("is not the one"));
}

TEST_F(SecretsTest, TheKeyIsMadeOnlyWhenItIsNeededAndAllowed) {
  Secrets secrets(key_);
  EXPECT_FALSE(std::filesystem::exists(key_));
  const Status denied = secrets.EnsureKey(false);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, HResult::kInvalidCredentials);
  EXPECT_FALSE(std::filesystem::exists(key_));
  ASSERT_TRUE(secrets.EnsureKey(true));
  struct stat status {};
  ASSERT_EQ(stat(key_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0400u);
  EXPECT_EQ(status.st_size, 32);
  EXPECT_FALSE(std::filesystem::exists(key_.native() + ".new"));
}

TEST_F(SecretsTest, AKeyThatCameBackIsUsed) {
  const auto sealed = [this] {
    Secrets secrets(key_);
    return Sealed(secrets, Name());
  }();
  std::filesystem::rename(key_, directory_ / "away");
  Secrets secrets(key_);
  std::filesystem::rename(directory_ / "away", key_);
  ASSERT_TRUE(secrets.EnsureKey(false));
  EXPECT_TRUE(secrets.Open(Name(), sealed));
}

TEST_F(SecretsTest, FilesThatAreNoKeysAreRefusedWithASentence) {
  WriteFileForTest(key_, std::string(32, 'k'));
  for (const mode_t mode : {0440u, 0404u, 0460u, 0401u}) {
    ASSERT_EQ(chmod(key_.c_str(), mode), 0);
    EXPECT_THAT(Secrets(key_).problem()->message, HasSubstr("may be read by others"));
  }
  ASSERT_EQ(chmod(key_.c_str(), 0600), 0);
  EXPECT_FALSE(Secrets(key_).problem());
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
    WriteFileForTest(key_, std::string(size, 'k'));
    EXPECT_THAT(Secrets(key_).problem()->message, HasSubstr("does not have 32 bytes"));
  }
  std::filesystem::rename(key_, directory_ / "real");
  std::filesystem::create_symlink(directory_ / "real", key_);
  EXPECT_TRUE(Secrets(key_).problem());
  EXPECT_FALSE(Secrets(key_).EnsureKey(true));
}

TEST_F(SecretsTest, WithoutAFileNameNothingIsStored) {
  Secrets secrets{std::filesystem::path()};
  EXPECT_THAT(secrets.EnsureKey(true).error().message, HasSubstr("state.secrets_key"));
  EXPECT_FALSE(secrets.Seal(Name(), Secret()));
}

}  // namespace
}  // namespace engine::store
