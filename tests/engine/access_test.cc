#include "engine/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace engine {
namespace {

using testing::HasSubstr;
using testing::Not;

SetCredentials Credentials(std::string user, std::string_view password, std::uint32_t scheme = 0) {
  return {0, scheme, std::move(user), SecretText(password)};
}

HResult Check(const AccessChange& change) {
  const Status status = CheckAccessChange(change, LimitOptions());
  return status ? HResult::kOk : status.error().code;
}

std::string Sentence(const AccessChange& change) {
  const Status status = CheckAccessChange(change, LimitOptions());
  return status ? "" : status.error().message;
}

TEST(AccessTest, UserNamesHaveAtMost300Characters) {
  EXPECT_EQ(Check(Credentials(std::string(299, 'u'), "p")), HResult::kOk);
  EXPECT_EQ(Check(Credentials(std::string(300, 'u'), "p")), HResult::kOk);
  EXPECT_EQ(Check(Credentials(std::string(301, 'u'), "p")), HResult::kUserNameTooLarge);
}

TEST(AccessTest, PasswordsHaveAtMost65535Characters) {
  EXPECT_EQ(Check(Credentials("u", std::string(65'534, 'p'))), HResult::kOk);
  EXPECT_EQ(Check(Credentials("u", std::string(65'535, 'p'))), HResult::kOk);
  EXPECT_EQ(Check(Credentials("u", std::string(65'536, 'p'))), HResult::kPasswordTooLarge);
}

TEST(AccessTest, TargetsAndSchemesBeyondTheLastAreRefused) {
  for (std::uint32_t scheme = 0; scheme < 4; ++scheme)
    EXPECT_EQ(Check(Credentials("u", "p", scheme)), HResult::kOk);
  EXPECT_EQ(Check(Credentials("u", "p", 4)), HResult::kInvalidAuthScheme);
  EXPECT_THAT(Sentence(Credentials("u", "p", 4)), HasSubstr("Passport"));
  EXPECT_EQ(Check(Credentials("u", "p", 5)), HResult::kInvalidAuthScheme);
  EXPECT_EQ(Check(RemoveCredentials{0, 4}), HResult::kOk);
  EXPECT_EQ(Check(RemoveCredentials{0, 5}), HResult::kInvalidAuthScheme);
  EXPECT_EQ(Check(RemoveCredentials{1, 0}), HResult::kOk);
  EXPECT_EQ(Check(RemoveCredentials{2, 0}), HResult::kInvalidAuthTarget);
}

TEST(AccessTest, MissingNamesAndPasswordsAreRefusedAndEmptyPasswordsAreNot) {
  EXPECT_EQ(Check(SetCredentials{0, 3, std::nullopt, std::nullopt}), HResult::kInvalidArgument);
  EXPECT_EQ(Check(SetCredentials{0, 0, "u", std::nullopt}), HResult::kInvalidArgument);
  EXPECT_EQ(Check(Credentials("", "p")), HResult::kInvalidArgument);
  EXPECT_EQ(Check(Credentials("u", "")), HResult::kOk);
}

TEST(AccessTest, TextsThatWouldBreakTheProtocolAreRefusedWithoutRepeatingThem) {
  for (const char* bad : {"a\r\nX: y", "a\tb", "\xC2\x85", "\xFF"}) {
    EXPECT_EQ(Check(Credentials(bad, "p")), HResult::kInvalidArgument);
    EXPECT_EQ(Check(Credentials("u", bad)), HResult::kInvalidArgument);
    EXPECT_THAT(Sentence(Credentials("u", bad)), Not(HasSubstr(bad)));
  }
  EXPECT_EQ(Check(Credentials("a:b", "p", 0)), HResult::kInvalidArgument);
  EXPECT_EQ(Check(Credentials("a:b", "p", 1)), HResult::kOk);
}

TEST(AccessTest, NtlmTakesWhatCanBePutIntoItsMessages) {
  for (const std::uint32_t scheme : {2u, 3u}) {
    EXPECT_EQ(Check(Credentials("u", "\xC3\xA4", scheme)), HResult::kOk);
    EXPECT_EQ(Check(Credentials("u", "\xC4\x80", scheme)), HResult::kInvalidArgument);
    EXPECT_EQ(Check(Credentials("\xC3\xA4", "p", scheme)), HResult::kInvalidArgument);
  }
  EXPECT_EQ(Check(Credentials("\xC3\xA4", "\xC4\x80", 0)), HResult::kOk);
}

TEST(AccessTest, StoresAreOneOfEightLocationsAndASimpleName) {
  const std::vector<std::uint8_t> hash(20);
  EXPECT_EQ(Check(SetCertificateById{7, "MY", hash}), HResult::kOk);
  EXPECT_EQ(Check(SetCertificateById{8, "MY", hash}), HResult::kNotImplemented);
  EXPECT_EQ(Check(SetCertificateById{0, std::string(254, 's'), hash}), HResult::kOk);
  EXPECT_EQ(Check(SetCertificateById{0, std::string(255, 's'), hash}), HResult::kOk);
  EXPECT_EQ(Check(SetCertificateById{0, std::string(256, 's'), hash}), HResult::kStringTooLong);
  for (const char* bad : {"", ".", "..", "../MY", "a/b", "a\\b", "C:", ".hidden", "a\nb"})
    EXPECT_EQ(Check(SetCertificateById{0, bad, hash}), HResult::kInvalidArgument) << bad;
}

TEST(AccessTest, HashesHaveTwentyBytes) {
  for (const std::size_t size : {0u, 19u, 21u}) {
    EXPECT_EQ(Check(SetCertificateById{0, "MY", std::vector<std::uint8_t>(size)}),
              HResult::kInvalidArgument);
  }
}

TEST(AccessTest, SubjectNamesHaveOneTo256Characters) {
  EXPECT_EQ(Check(SetCertificateByName{0, "MY", ""}), HResult::kInvalidArgument);
  EXPECT_EQ(Check(SetCertificateByName{0, "MY", std::string(255, 's')}), HResult::kOk);
  EXPECT_EQ(Check(SetCertificateByName{0, "MY", std::string(256, 's')}), HResult::kOk);
  EXPECT_EQ(Check(SetCertificateByName{0, "MY", std::string(257, 's')}), HResult::kStringTooLong);
}

TEST(AccessTest, ProxyListsBelongToOverrideAlone) {
  for (const std::uint32_t usage : {0u, 1u, 3u}) {
    EXPECT_EQ(Check(SetProxy{usage, std::nullopt, std::nullopt}), HResult::kOk);
    EXPECT_EQ(Check(SetProxy{usage, "", ""}), HResult::kOk);
    EXPECT_EQ(Check(SetProxy{usage, "p", std::nullopt}), HResult::kInvalidArgument);
    EXPECT_EQ(Check(SetProxy{usage, std::nullopt, "p"}), HResult::kInvalidArgument);
  }
  EXPECT_EQ(Check(SetProxy{2, "p", std::nullopt}), HResult::kOk);
  EXPECT_EQ(Check(SetProxy{2, std::nullopt, "p"}), HResult::kInvalidArgument);
  EXPECT_EQ(Check(SetProxy{2, "", std::nullopt}), HResult::kInvalidArgument);
  EXPECT_EQ(Check(SetProxy{4, "p", std::nullopt}), HResult::kNotImplemented);
}

TEST(AccessTest, ProxyListsHaveAtMost4000Characters) {
  for (const std::size_t size : {3'999u, 4'000u}) {
    EXPECT_EQ(Check(SetProxy{2, std::string(size, 'p'), std::string(size, 'b')}), HResult::kOk);
  }
  EXPECT_EQ(Check(SetProxy{2, std::string(4'001, 'p'), ""}), HResult::kProxyListTooLarge);
  EXPECT_EQ(Check(SetProxy{2, "p", std::string(4'001, 'b')}), HResult::kProxyBypassListTooLarge);
}

TEST(SecretTextTest, IsEmptiedWhenItIsTaken) {
  for (const std::string_view secret : {"short", "longer than what fits into the object itself"}) {
    std::string text(secret);
    SecretText taken = SecretText::TakeFrom(text);
    EXPECT_EQ(taken.text(), secret);
    EXPECT_EQ(text, "");
    const SecretText copy = taken;
    SecretText moved = std::move(taken);
    EXPECT_EQ(copy.text(), secret);
    EXPECT_EQ(moved.text(), secret);
    moved = SecretText("other");
    EXPECT_EQ(moved.text(), "other");
  }
}

}  // namespace
}  // namespace engine
