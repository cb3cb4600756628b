#include "wsman/auth/ntlm_session.h"

#include <gmock/gmock.h>

#include "wsman/auth/hex.h"
#include "wsman/auth/ntlm_message.h"

namespace wsman::auth::ntlm {
namespace {

using ::testing::Optional;

const Key kSessionKey = KeyFromHex("55555555555555555555555555555555");
constexpr std::uint32_t kFlags = kSealingFlags | kFlagKeyExchange;

// MS-NLMP section 4.2.4.4.
TEST(NtlmSessionTest, SealsTheMessageOfTheSpecification) {
  Session client(kSessionKey, kExampleFlags, Side::kClient);
  const std::string text = FromHex("50006c00610069006e007400650078007400");
  EXPECT_EQ(ToHex(client.Seal(text)),
            "010000007fb38ec5c55d497600000000"
            "54e50165bf1936dc996020c1811b0f06fb5f");
}

TEST(NtlmSessionTest, BothDirectionsRunSideBySide) {
  Session client(kSessionKey, kFlags, Side::kClient);
  Session server(kSessionKey, kFlags, Side::kServer);
  for (int i = 0; i < 300; ++i) {
    const std::string question(static_cast<std::size_t>(i), 'q');
    const std::string sealed = client.Seal(question);
    EXPECT_EQ(sealed.size(), kSignatureBytes + question.size());
    EXPECT_THAT(server.Unseal(sealed), Optional(question));
    if (i % 3 == 0) {
      EXPECT_THAT(client.Unseal(server.Seal("answer")), Optional(std::string("answer")));
    }
  }
}

TEST(NtlmSessionTest, WithoutKeyExchangeTheChecksumIsInClear) {
  Session client(kSessionKey, kSealingFlags, Side::kClient);
  Session server(kSessionKey, kSealingFlags, Side::kServer);
  EXPECT_THAT(server.Unseal(client.Seal("one")), Optional(std::string("one")));
  EXPECT_THAT(server.Unseal(client.Seal("two")), Optional(std::string("two")));
  Session other(kSessionKey, kFlags, Side::kServer);
  EXPECT_FALSE(other.Unseal(Session(kSessionKey, kSealingFlags, Side::kClient).Seal("one")));
}

TEST(NtlmSessionTest, EveryFlippedBitIsFoundAndEndsTheDirection) {
  const std::string sealed = Session(kSessionKey, kFlags, Side::kClient).Seal("some words");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Session server(kSessionKey, kFlags, Side::kServer);
      std::string altered = sealed;
      altered[at] = static_cast<char>(altered[at] ^ (1U << bit));
      EXPECT_FALSE(server.Unseal(altered)) << at;
      EXPECT_FALSE(server.Unseal(sealed)) << "nothing is accepted afterwards";
    }
  }
}

TEST(NtlmSessionTest, CutReplayedReflectedAndReorderedMessagesAreRefused) {
  Session client(kSessionKey, kFlags, Side::kClient);
  const std::string first = client.Seal("first");
  const std::string second = client.Seal("second");
  const auto server = [] { return Session(kSessionKey, kFlags, Side::kServer); };
  for (std::size_t size = 0; size < first.size(); ++size) {
    EXPECT_FALSE(server().Unseal(first.substr(0, size))) << size;
  }
  Session replayed = server();
  EXPECT_TRUE(replayed.Unseal(first));
  EXPECT_FALSE(replayed.Unseal(first));
  EXPECT_FALSE(server().Unseal(second));
  EXPECT_FALSE(client.Unseal(first)) << "its own message";
}

TEST(NtlmSessionTest, ResettingTheCiphersKeepsTheSequenceNumbers) {
  Session client(kSessionKey, kFlags, Side::kClient);
  Session server(kSessionKey, kFlags, Side::kServer);
  EXPECT_TRUE(server.Verify("list", client.Sign("list")));
  EXPECT_TRUE(client.Verify("list", server.Sign("list")));
  client.ResetCiphers();
  server.ResetCiphers();
  const std::string sealed = client.Seal("text");
  EXPECT_EQ(ToHex(sealed.substr(12, 4)), "01000000");
  EXPECT_EQ(ToHex(sealed.substr(16)),
            ToHex(Session(kSessionKey, kFlags, Side::kClient).Seal("text").substr(16)));
  EXPECT_THAT(server.Unseal(sealed), Optional(std::string("text")));
}

}  // namespace
}  // namespace wsman::auth::ntlm
