// A whole handshake, with the initiator of this library and with hand-made
// messages, against the acceptor.
#include "wsman/auth/ntlm.h"

#include <gmock/gmock.h>

#include "wsman/auth/hex.h"
#include "wsman/auth/ntlm_initiator.h"
#include "wsman/auth/ntlm_keys.h"

namespace wsman::auth::ntlm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

const Key kHash = *NtHash("Password");
const Key kBinding = ChannelBinding("tls-server-end-point:certificate");
const ServerNames kNames = {.netbios_domain = "WORKGROUP",
                            .netbios_computer = "BOX",
                            .dns_domain = "example.org",
                            .dns_computer = "box.example.org"};

std::optional<Account> FindUser(const std::string& name) {
  if (name != "user" && name != "mail@example.org") return std::nullopt;
  return Account{.name = name, .nt_hash = kHash};
}

AcceptorOptions OptionsWith(BindingPolicy policy, std::optional<Key> binding) {
  return {.names = kNames, .binding_policy = policy, .binding = binding};
}

class NtlmTest : public ::testing::Test {
 protected:
  // The account that the initiator with these credentials gets into.
  static Expected<std::string> Enter(Credentials credentials) {
    const Initiator client(std::move(credentials), std::nullopt);
    return Enter(client, OptionsWith(BindingPolicy::kRelaxed, std::nullopt));
  }
  static Expected<std::string> Enter(const Initiator& client, AcceptorOptions options) {
    Acceptor server(std::move(options), FindUser);
    return server.Challenge(client.Negotiate())
        .and_then(
            [&client](const std::string& challenge) { return client.Authenticate(challenge); })
        .and_then([&server](const Answer& answer) { return server.Authenticate(answer.message); })
        .map([](const Accepted& accepted) { return accepted.account; });
  }

  // What a hand-made answer says; the pieces that depend on each other are made
  // from the rest.
  struct Draft {
    std::string user = "user";
    std::string domain = {};
    std::uint32_t keep_flags = 0xFFFF'FFFF;
    std::vector<AvPair> pairs = {};
    std::string lm_response = {};
  };
  // What the acceptor says to it. There is no MIC.
  static Expected<Accepted> Answered(const Draft& draft, AcceptorOptions options) {
    Acceptor server(std::move(options), FindUser);
    const std::string negotiate = Initiator({}, std::nullopt).Negotiate();
    const auto challenge = server.Challenge(negotiate);
    const auto parsed = ParseChallenge(challenge.value());
    const std::string client_bytes =
        WriteClientBytes(std::string(8, '\0'), "12345678", draft.pairs);
    const Key key = ResponseKey(kHash, draft.user, draft.domain);
    const Key proof = Proof(key, parsed->server_challenge, client_bytes);
    const Key base = SessionBaseKey(key, proof);
    const std::string message =
        WriteAuthenticate({.flags = parsed->flags & draft.keep_flags,
                           .lm_response = draft.lm_response,
                           .nt_response = std::string(AsBytes(proof)).append(client_bytes),
                           .domain = draft.domain,
                           .user = draft.user,
                           .workstation = "PC",
                           .encrypted_session_key = Rc4(base).Apply(AsBytes(kBinding))});
    return server.Authenticate(message);
  }
  static Expected<Accepted> Answered(const Draft& draft) {
    return Answered(draft, OptionsWith(BindingPolicy::kRelaxed, std::nullopt));
  }
};

TEST_F(NtlmTest, TheRightPasswordOpensASealedSession) {
  Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
  const Initiator client({.user = "user", .domain = "DOM", .nt_hash = kHash}, std::nullopt);
  const auto challenge = server.Challenge(client.Negotiate());
  ASSERT_TRUE(challenge) << challenge.error();
  auto answer = client.Authenticate(*challenge);
  ASSERT_TRUE(answer) << answer.error();
  auto accepted = server.Authenticate(answer->message);
  ASSERT_TRUE(accepted) << accepted.error();
  EXPECT_EQ(accepted->account, "user");
  EXPECT_THAT(accepted->session.Unseal(answer->session.Seal("Get")), Optional(std::string("Get")));
  EXPECT_THAT(answer->session.Unseal(accepted->session.Seal("job")), Optional(std::string("job")));
}

TEST_F(NtlmTest, EverySpellingOfAnAccountWorks) {
  const std::pair<const char*, const char*> kSpellings[] = {
      {"user", "DOM"},  {"user", "dom"},   {"user", ""},    {"user", "BOX"},
      {"user", "."},    {"DOM\\user", ""}, {".\\user", ""}, {"user@example.org", ""},
      {"user@dom", "X"}};
  for (const auto& [user, domain] : kSpellings) {
    const auto account = Enter({.user = user, .domain = domain, .nt_hash = kHash});
    ASSERT_TRUE(account) << user << " " << domain << ": " << account.error();
    EXPECT_EQ(*account, "user");
  }
  for (const auto& [user, domain] : {std::pair("mail@example.org", ""), {"mail", "example.org"}}) {
    EXPECT_EQ(Enter({.user = user, .domain = domain, .nt_hash = kHash}), "mail@example.org");
  }
}

TEST_F(NtlmTest, OtherNamesAreOtherAccounts) {
  for (const char* user : {"User", "user ", "user.", "root", "user@@", "DOM\\DOM\\user", "mail",
                           "DOM/user", "user\\", "\\", "@", "us\xC3\xA9r"}) {
    EXPECT_FALSE(Enter({.user = user, .domain = "", .nt_hash = kHash})) << user;
  }
}

TEST_F(NtlmTest, WrongPasswordsAndUnknownAccountsGetTheSameRefusal) {
  const auto wrong = Enter({.user = "user", .domain = "", .nt_hash = *NtHash("password")});
  const auto unknown = Enter({.user = "nobody", .domain = "", .nt_hash = kHash});
  ASSERT_FALSE(wrong);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(wrong.error(), unknown.error());
  EXPECT_FALSE(Enter({.user = "nobody", .domain = "", .nt_hash = Key{}}))
      << "the stand-in for the hash of an unknown account opens nothing";
}

TEST_F(NtlmTest, TheChallengeReturnsEveryFlagAndNamesTheServer) {
  const std::uint32_t asked = kSealingFlags | kFlagOem | kFlagKeyExchange | kFlag56 |
                              kFlagAlwaysSign | kFlagRequestTarget | kFlagVersion | 0x1000;
  Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
  const auto bytes = server.Challenge(WriteNegotiate({.flags = asked}));
  ASSERT_TRUE(bytes) << bytes.error();
  const auto challenge = ParseChallenge(*bytes);
  ASSERT_TRUE(challenge) << challenge.error();
  EXPECT_EQ(challenge->flags & asked, asked);
  EXPECT_NE(challenge->flags & kFlagUnicode, 0U) << "clients that say OEM understand it";
  EXPECT_NE(challenge->flags & kFlagTargetInfo, 0U);
  EXPECT_EQ(bytes->substr(12, 8), FromHex("0600060038000000")) << "a header of 56 bytes";
  const auto pairs = ParseAvPairs(challenge->target_info);
  ASSERT_TRUE(pairs) << pairs.error();
  std::vector<AvId> ids;
  for (const AvPair& pair : *pairs) ids.push_back(pair.id);
  EXPECT_THAT(ids, ElementsAre(AvId::kNbDomainName, AvId::kNbComputerName, AvId::kDnsDomainName,
                               AvId::kDnsComputerName, AvId::kTimestamp));
  EXPECT_EQ((*pairs)[1].value, FromHex("42004f005800"));
  // Between 2020 and 2100, as the high half of a FILETIME.
  const auto year = static_cast<unsigned char>((*pairs)[4].value[7]);
  EXPECT_TRUE(year == 1 || year == 2) << ToHex((*pairs)[4].value);
}

TEST_F(NtlmTest, AClientThatAsksForOemBesideUnicodeGetsUnicode) {
  Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
  const auto bytes =
      server.Challenge(WriteNegotiate({.flags = kSealingFlags | kFlagOem | kFlagUnicode}));
  ASSERT_TRUE(bytes);
  const auto challenge = ParseChallenge(*bytes);
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->flags & (kFlagOem | kFlagUnicode), kFlagUnicode);
}

TEST_F(NtlmTest, ChallengesDiffer) {
  Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
  const std::string negotiate = Initiator({}, std::nullopt).Negotiate();
  EXPECT_NE(ParseChallenge(*server.Challenge(negotiate))->server_challenge,
            ParseChallenge(*server.Challenge(negotiate))->server_challenge);
}

TEST_F(NtlmTest, SealingIsNotNegotiable) {
  for (const std::uint32_t flag : {kFlagSign, kFlagSeal, kFlag128, kFlagExtendedSecurity}) {
    Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
    EXPECT_FALSE(server.Challenge(WriteNegotiate({.flags = 0xE28A8233 & ~flag}))) << flag;
    EXPECT_FALSE(Answered({.keep_flags = ~flag})) << flag;
  }
  Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
  EXPECT_FALSE(server.Challenge(WriteNegotiate({.flags = 0xE28A8233 | kFlagDatagram})));
}

TEST_F(NtlmTest, WhereSealingIsNotRequiredALoginSaysWhetherItSeals) {
  AcceptorOptions options = OptionsWith(BindingPolicy::kRelaxed, std::nullopt);
  options.sealing_required = false;
  const auto sealing = Answered({}, options);
  ASSERT_TRUE(sealing) << sealing.error();
  EXPECT_TRUE(sealing->seals);
  for (const std::uint32_t flag : {kFlagSign, kFlagSeal}) {
    const auto accepted = Answered({.keep_flags = ~flag}, options);
    ASSERT_TRUE(accepted) << accepted.error();
    EXPECT_FALSE(accepted->seals) << flag;
  }
  for (const std::uint32_t flag : {kFlag128, kFlagExtendedSecurity}) {
    EXPECT_FALSE(Answered({.keep_flags = ~flag}, options)) << flag;
  }
}

TEST_F(NtlmTest, TheOlderResponsesAreRefused) {
  const auto refused = [](const AuthenticateMessage& message) {
    Acceptor server(OptionsWith(BindingPolicy::kNone, std::nullopt), FindUser);
    EXPECT_TRUE(server.Challenge(Initiator({}, std::nullopt).Negotiate()));
    const auto accepted = server.Authenticate(WriteAuthenticate(message));
    return accepted ? "" : accepted.error();
  };
  const std::string response(24, 'r');
  AuthenticateMessage message{.flags = kExampleFlags,
                              .lm_response = response,
                              .nt_response = response,
                              .domain = {},
                              .user = "user",
                              .workstation = {},
                              .encrypted_session_key = std::string(16, 'k')};
  EXPECT_THAT(refused(message), HasSubstr("NTLMv1"));
  message.nt_response = "";
  EXPECT_THAT(refused(message), HasSubstr("no NTLMv2 response"));
  message.user = "";
  EXPECT_THAT(refused(message), HasSubstr("anonymous"));
  message.user = "user";
  message.flags |= kFlagAnonymous;
  EXPECT_THAT(refused(message), HasSubstr("anonymous"));
}

TEST_F(NtlmTest, AnAnswerWithoutMicIsAccepted) {
  EXPECT_TRUE(Answered({}));
  EXPECT_TRUE(Answered({.lm_response = std::string(24, '\0')}));
  EXPECT_TRUE(Answered({.keep_flags = ~kFlagKeyExchange}));
}

TEST_F(NtlmTest, AMicThatIsAnnouncedMustBeRight) {
  const std::vector<AvPair> announced = {{AvId::kFlags, FromHex("02000000")}};
  EXPECT_FALSE(Answered({.pairs = announced})) << "zeros";
  // Announced once among repeated pairs.
  EXPECT_FALSE(Answered(
      {.pairs = {{AvId::kFlags, FromHex("02000000")}, {AvId::kFlags, FromHex("00000000")}}}));
  EXPECT_TRUE(Answered({.pairs = {{AvId::kFlags, FromHex("01000000")}}}));
}

TEST_F(NtlmTest, EveryAlteredByteOfTheFirstTwoMessagesIsFoundByTheMic) {
  const Initiator client({.user = "user", .domain = "", .nt_hash = kHash}, std::nullopt);
  for (std::size_t at = 12; at < client.Negotiate().size(); ++at) {
    std::string altered = client.Negotiate();
    altered[at] = static_cast<char>(altered[at] ^ 0x04);
    Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
    const auto challenge = server.Challenge(altered);
    if (!challenge) continue;
    const auto answer = client.Authenticate(*challenge);
    EXPECT_TRUE(!answer || !server.Authenticate(answer->message)) << at;
  }
  for (const std::size_t at : {20U, 24U, 33U, 48U, 56U, 60U}) {
    Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
    std::string challenge = *server.Challenge(client.Negotiate());
    challenge[at] = static_cast<char>(challenge[at] ^ 0x04);
    const auto answer = client.Authenticate(challenge);
    EXPECT_TRUE(!answer || !server.Authenticate(answer->message)) << at;
  }
}

TEST_F(NtlmTest, EveryAlteredByteOfTheAnswerIsFound) {
  const Initiator client({.user = "user", .domain = "D", .nt_hash = kHash}, std::nullopt);
  for (std::size_t at = 0; at < 300; ++at) {
    Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
    auto answer = client.Authenticate(*server.Challenge(client.Negotiate()));
    ASSERT_TRUE(answer) << answer.error();
    if (at >= answer->message.size()) break;
    answer->message[at] = static_cast<char>(answer->message[at] ^ 0x10);
    EXPECT_FALSE(server.Authenticate(answer->message)) << at;
  }
}

TEST_F(NtlmTest, AnAnswerIsTakenOnceAndOnlyForItsOwnChallenge) {
  const Initiator client({.user = "user", .domain = "", .nt_hash = kHash}, std::nullopt);
  Acceptor server(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
  const auto answer = client.Authenticate(*server.Challenge(client.Negotiate()));
  Acceptor other(OptionsWith(BindingPolicy::kRelaxed, std::nullopt), FindUser);
  EXPECT_FALSE(other.Authenticate(answer->message)) << "no challenge yet";
  EXPECT_TRUE(other.Challenge(client.Negotiate()));
  EXPECT_FALSE(other.Authenticate(answer->message));
  EXPECT_TRUE(server.Authenticate(answer->message));
  EXPECT_FALSE(server.Authenticate(answer->message));
}

// The table of policies: which binding the client sends against which policy,
// with TLS and without.
TEST_F(NtlmTest, BindingsAreComparedAsThePolicySays) {
  const std::vector<AvPair> none;
  const std::vector<AvPair> zeros = {{AvId::kChannelBindings, std::string(16, '\0')}};
  const std::vector<AvPair> right = {{AvId::kChannelBindings, std::string(AsBytes(kBinding))}};
  const std::vector<AvPair> wrong = {{AvId::kChannelBindings, std::string(16, 'w')}};
  const std::vector<AvPair> cut = {{AvId::kChannelBindings, std::string(15, '\0')}};
  const std::vector<AvPair> both = {right[0], wrong[0]};
  const auto works = [](const std::vector<AvPair>& pairs, BindingPolicy policy, bool tls) {
    return Answered({.pairs = pairs},
                    OptionsWith(policy, tls ? std::optional(kBinding) : std::nullopt))
        .has_value();
  };
  for (const auto& pairs : {none, zeros, right, wrong, cut, both}) {
    EXPECT_TRUE(works(pairs, BindingPolicy::kNone, true));
    EXPECT_TRUE(works(pairs, BindingPolicy::kNone, false));
  }
  for (const auto& pairs : {none, zeros}) {
    EXPECT_TRUE(works(pairs, BindingPolicy::kRelaxed, true));
    EXPECT_FALSE(works(pairs, BindingPolicy::kStrict, true));
  }
  for (const BindingPolicy policy : {BindingPolicy::kRelaxed, BindingPolicy::kStrict}) {
    EXPECT_TRUE(works(right, policy, true));
    EXPECT_TRUE(works(none, policy, false));
    EXPECT_TRUE(works(zeros, policy, false));
    EXPECT_FALSE(works(right, policy, false)) << "bound to somebody else's TLS";
    for (const auto& pairs : {wrong, cut, both}) EXPECT_FALSE(works(pairs, policy, true));
  }
}

TEST_F(NtlmTest, TheInitiatorSendsItsBinding) {
  const Credentials credentials{.user = "user", .domain = "", .nt_hash = kHash};
  const AcceptorOptions strict = OptionsWith(BindingPolicy::kStrict, kBinding);
  EXPECT_TRUE(Enter(Initiator(credentials, kBinding), strict));
  EXPECT_FALSE(Enter(Initiator(credentials, std::nullopt), strict));
  EXPECT_FALSE(Enter(Initiator(credentials, Key{1}), strict));
}

TEST_F(NtlmTest, TheInitiatorWantsAServerThatSeals) {
  const Initiator client({.user = "user", .domain = "", .nt_hash = kHash}, std::nullopt);
  const auto challenge = [](std::uint32_t flags) {
    return WriteChallenge({.flags = flags,
                           .server_challenge = "12345678",
                           .target_name = "S",
                           .target_info = FromHex(kExampleTargetInfo)});
  };
  EXPECT_TRUE(client.Authenticate(challenge(kExampleFlags)));
  for (const std::uint32_t flag :
       {kFlagSign, kFlagSeal, kFlag128, kFlagExtendedSecurity, kFlagKeyExchange, kFlagUnicode}) {
    EXPECT_FALSE(client.Authenticate(challenge(kExampleFlags & ~flag))) << flag;
  }
  EXPECT_FALSE(client.Authenticate("NTLMSSP"));
}

}  // namespace
}  // namespace wsman::auth::ntlm
