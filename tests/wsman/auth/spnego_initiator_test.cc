#include "wsman/auth/spnego_initiator.h"

#include <gmock/gmock.h>

#include <utility>

#include "wsman/auth/negotiate_handshake.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/ntlm_server_for_test.h"
#include "wsman/client/ntlm_mechanism.h"

namespace wsman::auth {
namespace {

using spnego::State;
using ::testing::HasSubstr;
using ::testing::Optional;

const std::string kNtlm(spnego::kNtlmOid);
const std::string kKerberos(spnego::kKerberosOid);
const std::string kOther("\x2A\x03", 2);

// Complete once the server has answered its first token; its signature of a
// text is "mic:" and the text.
class FakeMechanism final : public ClientMechanism {
 public:
  explicit FakeMechanism(std::string oid) : oid_(std::move(oid)) {}
  std::string_view oid() const override { return oid_; }
  tl::expected<std::string, std::string> Step(std::string_view token) override {
    if (token.empty()) return "first";
    if (token != "server") return tl::unexpected(std::string("the token says no"));
    complete_ = true;
    return "";
  }
  bool complete() const override { return complete_; }
  bool proven() const override { return complete_; }
  std::string Sign(std::string_view text) override { return "mic:" + std::string(text); }
  bool Verify(std::string_view text, std::string_view signature) override {
    return signature == Sign(text);
  }
  tl::expected<SealedText, std::string> Seal(std::string_view text) override {
    return SealedText{"", std::string(text)};
  }
  std::optional<std::string> Unseal(std::string_view sealed) override {
    return std::string(sealed);
  }

 private:
  const std::string oid_;
  bool complete_ = false;
};

using Mechanisms = std::vector<std::unique_ptr<ClientMechanism>>;

std::unique_ptr<ClientMechanism> Fake(const std::string& oid) {
  return std::make_unique<FakeMechanism>(oid);
}
std::unique_ptr<ClientMechanism> Ntlm(const ntlm::Key& hash = kHash) {
  return std::make_unique<client::NtlmMechanism>(
      ntlm::Credentials{.user = "user", .domain = "D", .nt_hash = hash}, std::nullopt);
}
template <class... Rest>
SpnegoInitiator Offer(Rest... mechanisms) {
  Mechanisms list;
  (list.push_back(std::move(mechanisms)), ...);
  return SpnegoInitiator::Offer(std::move(list));
}

std::string Answer(std::optional<State> state, std::optional<std::string> mechanism,
                   std::optional<std::string> token, std::optional<std::string> mic = {}) {
  return spnego::Write(spnego::Response{.state = state,
                                        .mechanism = std::move(mechanism),
                                        .token = std::move(token),
                                        .mic = std::move(mic)});
}

std::string SignatureOf(const std::vector<std::string>& mechanisms) {
  return "mic:" + spnego::MechanismList(mechanisms);
}

// Both sides until one of them has nothing to send; the acceptor's last step.
NegotiateHandshake::Step Converse(SpnegoInitiator& client, NegotiateHandshake& server) {
  auto token = client.Start();
  while (true) {
    EXPECT_TRUE(token) << token.error();
    auto step = server.Take(*token);
    const auto* more = std::get_if<NegotiateHandshake::Continue>(&step);
    const auto* complete = std::get_if<NegotiateHandshake::Complete>(&step);
    if (more == nullptr && (complete == nullptr || complete->token.empty())) return step;
    token = client.Take(more != nullptr ? more->token : complete->token);
    if (more == nullptr) {
      EXPECT_TRUE(token) << token.error();
      return step;
    }
  }
}

void ExpectSealedConversation(SpnegoInitiator& client, NegotiateHandshake::Step& last) {
  auto* complete = std::get_if<NegotiateHandshake::Complete>(&last);
  ASSERT_NE(complete, nullptr);
  ASSERT_TRUE(client.complete());
  const auto mechanism = client.Release();
  auto* login = std::get_if<NegotiateHandshake::NtlmLogin>(&complete->login);
  ASSERT_NE(login, nullptr);
  for (const std::string text : {"one", "two"}) {
    const auto sealed = mechanism->Seal(text);
    ASSERT_TRUE(sealed);
    EXPECT_THAT(login->session.Unseal(sealed->signature + sealed->ciphertext), Optional(text));
    EXPECT_THAT(mechanism->Unseal(login->session.Seal(text)), Optional(text));
  }
}

TEST(SpnegoInitiatorTest, NtlmAloneIsAcceptedAndBothSidesSignTheList) {
  SpnegoInitiator client = Offer(Ntlm());
  NegotiateHandshake server = NtlmServer();
  auto last = Converse(client, server);
  EXPECT_TRUE(client.proven());
  ExpectSealedConversation(client, last);
}

TEST(SpnegoInitiatorTest, AServerWithoutKerberosIsFollowedToNtlm) {
  SpnegoInitiator client = Offer(Fake(kKerberos), Ntlm());
  NegotiateHandshake server = NtlmServer();
  auto last = Converse(client, server);
  EXPECT_TRUE(client.proven());
  ExpectSealedConversation(client, last);
}

TEST(SpnegoInitiatorTest, PlainNtlmIsCompleteWithoutAProofOfTheServer) {
  SpnegoInitiator client = SpnegoInitiator::Plain(Ntlm());
  NegotiateHandshake server = NtlmServer();
  auto last = Converse(client, server);
  EXPECT_FALSE(client.proven());
  ExpectSealedConversation(client, last);
}

TEST(SpnegoInitiatorTest, AServerThatAnswersWithPlainNtlmIsFollowedWhenNothingElseWasOffered) {
  SpnegoInitiator client = Offer(Ntlm());
  ASSERT_TRUE(client.Start());
  NegotiateHandshake server = NtlmServer();
  auto challenge = server.Take(*SpnegoInitiator::Plain(Ntlm()).Start());
  const auto answer = client.Take(std::get<NegotiateHandshake::Continue>(challenge).token);
  ASSERT_TRUE(answer) << answer.error();
  auto last = server.Take(*answer);
  EXPECT_FALSE(client.proven());
  ExpectSealedConversation(client, last);

  SpnegoInitiator choosy = Offer(Fake(kKerberos), Ntlm());
  ASSERT_TRUE(choosy.Start());
  EXPECT_FALSE(choosy.Take(std::get<NegotiateHandshake::Continue>(challenge).token));
}

TEST(SpnegoInitiatorTest, TheFirstTokenListsTheMechanismsAndCarriesTheFirstOnes) {
  const auto token = Offer(Fake(kKerberos), Fake(kNtlm)).Start();
  ASSERT_TRUE(token);
  const spnego::Token parsed = spnego::Parse(*token);
  const auto* init = std::get_if<spnego::Init>(&parsed);
  ASSERT_NE(init, nullptr);
  EXPECT_EQ(init->mechanisms, (std::vector<std::string>{kKerberos, kNtlm}));
  EXPECT_EQ(init->token, "first");
}

TEST(SpnegoInitiatorTest, ThePreferredMechanismNeedsNoSignature) {
  SpnegoInitiator client = Offer(Fake(kKerberos), Fake(kNtlm));
  ASSERT_TRUE(client.Start());
  const auto next =
      client.Take(Answer(State::kAcceptCompleted, std::string(spnego::kMsKerberosOid), "server"));
  ASSERT_TRUE(next) << next.error();
  EXPECT_EQ(*next, "");
  EXPECT_TRUE(client.complete());
  EXPECT_FALSE(client.Take(Answer(State::kAcceptCompleted, {}, {})));
}

TEST(SpnegoInitiatorTest, AServerThatWantsASignatureGetsOneAndMustSignToo) {
  const std::string list = SignatureOf({kKerberos, kNtlm});
  for (const bool server_signs : {true, false}) {
    SpnegoInitiator client = Offer(Fake(kKerberos), Fake(kNtlm));
    ASSERT_TRUE(client.Start());
    const auto next = client.Take(Answer(State::kRequestMic, kKerberos, "server"));
    ASSERT_TRUE(next) << next.error();
    EXPECT_EQ(std::get<spnego::Response>(spnego::Parse(*next)).mic, list);
    const auto last =
        client.Take(Answer(State::kAcceptCompleted, {}, {}, server_signs ? list : std::string()));
    EXPECT_EQ(last.has_value(), server_signs);
    EXPECT_EQ(client.complete(), server_signs);
  }
}

TEST(SpnegoInitiatorTest, AChoiceThatNobodySignedIsRefused) {
  SpnegoInitiator client = Offer(Fake(kKerberos), Fake(kNtlm));
  ASSERT_TRUE(client.Start());
  ASSERT_TRUE(client.Take(Answer(State::kAcceptIncomplete, kNtlm, {})));
  const auto last = client.Take(Answer(State::kAcceptCompleted, {}, "server"));
  ASSERT_FALSE(last);
  EXPECT_THAT(last.error(), HasSubstr("did not sign"));
  EXPECT_FALSE(client.complete());
}

TEST(SpnegoInitiatorTest, AListThatWasAlteredOnItsWayIsRefused) {
  SpnegoInitiator client = Offer(Fake(kKerberos), Fake(kNtlm));
  ASSERT_TRUE(client.Start());
  ASSERT_TRUE(client.Take(Answer(State::kAcceptIncomplete, kNtlm, {})));
  const auto last =
      client.Take(Answer(State::kAcceptCompleted, {}, "server", SignatureOf({kNtlm})));
  ASSERT_FALSE(last);
  EXPECT_THAT(last.error(), HasSubstr("altered"));
}

TEST(SpnegoInitiatorTest, AnswersThatMakeNoSenseAreRefused) {
  const std::string answers[] = {
      "",
      "garbage",
      *Offer(Fake(kNtlm)).Start(),
      Answer(State::kAcceptIncomplete, kOther, "server"),
      Answer(State::kAcceptIncomplete, kKerberos, {}),
      Answer(State::kAcceptCompleted, {}, {}),
      Answer(State::kAcceptIncomplete, kNtlm, "server"),
      Answer(State::kAcceptCompleted, kNtlm, {}),
      Answer(State::kAcceptIncomplete, kKerberos, "nonsense"),
      Answer(State::kAcceptIncomplete, kNtlm, {}, "mic"),
  };
  for (const std::string& answer : answers) {
    SpnegoInitiator client = Offer(Fake(kKerberos), Fake(kNtlm));
    ASSERT_TRUE(client.Start());
    EXPECT_FALSE(client.Take(answer)) << ::testing::PrintToString(answer);
    EXPECT_FALSE(client.complete());
    EXPECT_FALSE(client.rejected());
  }
}

TEST(SpnegoInitiatorTest, AServerThatChangesItsMindOrNeverEndsIsRefused) {
  SpnegoInitiator fickle = Offer(Fake(kKerberos), Fake(kNtlm));
  ASSERT_TRUE(fickle.Start());
  ASSERT_TRUE(fickle.Take(Answer(State::kAcceptIncomplete, kKerberos, "server")));
  EXPECT_FALSE(fickle.Take(Answer(State::kAcceptIncomplete, kNtlm, {})));

  SpnegoInitiator endless = Offer(Fake(kKerberos));
  ASSERT_TRUE(endless.Start());
  ASSERT_TRUE(endless.Take(Answer(State::kAcceptIncomplete, kKerberos, "server")));
  EXPECT_FALSE(endless.Take(Answer(State::kAcceptIncomplete, {}, {})));
}

TEST(SpnegoInitiatorTest, ARejectionIsToldWithTheMechanismsReason) {
  SpnegoInitiator client = Offer(Fake(kKerberos));
  ASSERT_TRUE(client.Start());
  const auto refused = client.Take(Answer(State::kReject, {}, "KRB-ERROR"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "the token says no");
  EXPECT_TRUE(client.rejected());
}

}  // namespace
}  // namespace wsman::auth
