#include "wsman/auth/ntlm_crypto.h"

#include <gtest/gtest.h>

#include "wsman/auth/hex.h"
#include "wsman/auth/ntlm_keys.h"

namespace wsman::auth::ntlm {
namespace {

// RFC 1320 appendix A.5.
TEST(NtlmCryptoTest, Md4GivesTheDigestsOfTheRfc) {
  const std::pair<const char*, const char*> kSuite[] = {
      {"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
      {"a", "bde52cb31de33e46245e05fbdbd6fb24"},
      {"abc", "a448017aaf21d8525fc10ae87aa6729d"},
      {"message digest", "d9130a8164549fe818874806e1c7014b"},
      {"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
       "043f8582f241db351ce627e153e7f0e4"},
      {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
       "e33b4ddc9c38f2199c3e7b164fcc0536"},
  };
  for (const auto& [text, digest] : kSuite) EXPECT_EQ(ToHex(Md4(text)), digest) << text;
}

TEST(NtlmCryptoTest, Md4PadsAroundTheBlockBorder) {
  // Digests of OpenSSL's legacy provider.
  EXPECT_EQ(ToHex(Md4(std::string(55, 'x'))), "92f32bb82c95ad10e8f87ae58ab06807");
  EXPECT_EQ(ToHex(Md4(std::string(56, 'x'))), "374d5f08103b7092c83b4626ebceffab");
  EXPECT_EQ(ToHex(Md4(std::string(64, 'x'))), "b1abf956a5ae6f3221e5fe85e300fbb0");
}

TEST(NtlmCryptoTest, Md5IsAvailableAndTakesItsInputInParts) {
  ASSERT_TRUE(CryptoIsAvailable());
  EXPECT_EQ(ToHex(Md5({"message", "", " digest"})), "f96b697d7cb7938d525a2f31aaf161d0");
}

// RFC 2202 section 2.
TEST(NtlmCryptoTest, HmacMd5GivesTheValuesOfTheRfc) {
  EXPECT_EQ(ToHex(HmacMd5(KeyFromHex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), {"Hi ", "There"})),
            "9294727a3638bb1c13f48ef8158bfc9d");
  EXPECT_EQ(
      ToHex(HmacMd5(KeyFromHex("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), {std::string(50, '\xDD')})),
      "56be34521d144c88dbb8c733f0e8b3f6");
}

// RFC 6229 section 2, the 128-bit key.
TEST(NtlmCryptoTest, Rc4GivesTheStreamOfTheRfcInPiecesToo) {
  Rc4 cipher(KeyFromHex("0102030405060708090a0b0c0d0e0f10"));
  EXPECT_EQ(ToHex(cipher.Apply(std::string(5, '\0'))), "9ac7cc9a60");
  EXPECT_EQ(ToHex(cipher.Apply(std::string(11, '\0'))), "9d1ef7b2932899cde41b97");
  cipher.Apply(std::string(224, '\0'));
  EXPECT_EQ(ToHex(cipher.Apply(std::string(16, '\0'))), "065902e4b620f6cc36c8589f66432f2b");
}

TEST(NtlmCryptoTest, BytesAreTheSameOnlyWithTheSameSize) {
  EXPECT_TRUE(SameBytes("", ""));
  EXPECT_TRUE(SameBytes("ab", "ab"));
  EXPECT_FALSE(SameBytes("ab", "ac"));
  EXPECT_FALSE(SameBytes("ab", "abc"));
}

TEST(NtlmCryptoTest, RandomBytesDiffer) { EXPECT_NE(RandomBytes(16), RandomBytes(16)); }

// MS-NLMP sections 4.2.2.1.2 and 4.2.4.1 to 4.2.4.2.
TEST(NtlmKeysTest, KeysAreThoseOfTheSpecification) {
  const auto nt_hash = NtHash("Password");
  ASSERT_TRUE(nt_hash);
  EXPECT_EQ(ToHex(*nt_hash), "a4f49c406510bdcab6824ee7c30fd852");
  const Key key = ResponseKey(*nt_hash, "User", "Domain");
  EXPECT_EQ(ToHex(key), "0c868a403bfd7a93a3001ef22ef02e3f");
  const Key proof = Proof(key, FromHex(kExampleServerChallenge), FromHex(kExampleClientBytes));
  EXPECT_EQ(ToHex(proof), kExampleProof);
  const Key base = SessionBaseKey(key, proof);
  EXPECT_EQ(ToHex(base), "8de40ccadbc14a82f15cb0ad0de95ca3");
  EXPECT_EQ(ToHex(Rc4(base).Apply(std::string(16, '\x55'))), "c5dad2544fc9799094ce1ce90bc9d03e");
}

TEST(NtlmKeysTest, OnlyTheUsersCaseDoesNotMatter) {
  const Key hash = *NtHash("Password");
  EXPECT_EQ(ResponseKey(hash, "uSeR", "Domain"), ResponseKey(hash, "User", "Domain"));
  EXPECT_NE(ResponseKey(hash, "User", "DOMAIN"), ResponseKey(hash, "User", "Domain"));
}

TEST(NtlmKeysTest, APasswordThatIsNotTextHasNoHash) { EXPECT_FALSE(NtHash("\xFF")); }

TEST(NtlmKeysTest, TheChannelBindingIsTheOneOfGssapi) {
  EXPECT_EQ(ToHex(ChannelBinding(
                "tls-server-end-point:" +
                FromHex("03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72"))),
            "a8398e96473163fef6cae76013e8ab5a");
}

}  // namespace
}  // namespace wsman::auth::ntlm
