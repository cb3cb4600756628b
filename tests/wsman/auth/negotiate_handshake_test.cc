#include "wsman/auth/negotiate_handshake.h"

#include <gmock/gmock.h>

#include "wsman/auth/der.h"
#include "wsman/auth/hex.h"
#include "wsman/auth/ntlm_initiator.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/ntlm_server_for_test.h"

namespace wsman::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using Complete = NegotiateHandshake::Complete;
using Continue = NegotiateHandshake::Continue;
using Refused = NegotiateHandshake::Refused;
using Step = NegotiateHandshake::Step;

const std::string kNtlm(spnego::kNtlmOid);
const std::string kKerberos(spnego::kKerberosOid);

class NegotiateHandshakeTest : public ::testing::Test {
 protected:
  Step Take(const std::string& token) { return server_.Take(token); }
  Step Init(const std::vector<std::string>& mechanisms, std::optional<std::string> token) {
    return Take(spnego::Write(
        spnego::Init{.mechanisms = mechanisms, .mechanism_list = {}, .token = std::move(token)}));
  }
  Step Answer(std::string token, std::optional<std::string> mic) {
    return Take(spnego::Write(spnego::Response{.state = spnego::State::kAcceptIncomplete,
                                               .mechanism = {},
                                               .token = std::move(token),
                                               .mic = std::move(mic)}));
  }

  // The SPNEGO answer in a step that goes on or is complete.
  static spnego::Response ResponseIn(const Step& step) {
    const auto* more = std::get_if<Continue>(&step);
    const auto* complete = std::get_if<Complete>(&step);
    const spnego::Token token = spnego::Parse(more ? more->token : complete ? complete->token : "");
    const auto* response = std::get_if<spnego::Response>(&token);
    EXPECT_NE(response, nullptr);
    return response ? *response : spnego::Response{};
  }
  static Refused RefusalIn(const Step& step) {
    const auto* refused = std::get_if<Refused>(&step);
    EXPECT_NE(refused, nullptr);
    return refused ? *refused : Refused{};
  }
  // What the client makes of the challenge in `step`.
  ntlm::Answer AnswerTo(const Step& step) const {
    auto answer = client_.Authenticate(ResponseIn(step).token.value_or(""));
    EXPECT_TRUE(answer) << answer.error();
    return *std::move(answer);
  }
  static void ExpectConversation(ntlm::Session& client, ntlm::Session& server) {
    for (const std::string text : {"one", "two"}) {
      EXPECT_THAT(server.Unseal(client.Seal(text)), Optional(text));
      EXPECT_THAT(client.Unseal(server.Seal(text)), Optional(text));
    }
  }

  const ntlm::Initiator client_{{.user = "user", .domain = "D", .nt_hash = kHash}, std::nullopt};
  NegotiateHandshake server_ = NtlmServer();
};

TEST_F(NegotiateHandshakeTest, NtlmByItselfTakesTwoTokensAndEndsWithNone) {
  const Step first = Take(client_.Negotiate());
  ASSERT_TRUE(std::holds_alternative<Continue>(first));
  auto answer = client_.Authenticate(std::get<Continue>(first).token);
  ASSERT_TRUE(answer) << answer.error();
  Step last = Take(answer->message);
  auto* complete = std::get_if<Complete>(&last);
  ASSERT_NE(complete, nullptr);
  ASSERT_TRUE(std::holds_alternative<NegotiateHandshake::NtlmLogin>(complete->login));
  EXPECT_EQ(std::get<NegotiateHandshake::NtlmLogin>(complete->login).account, "user");
  EXPECT_EQ(complete->token, "");
  EXPECT_EQ(ToHex(answer->session.Seal("x").substr(12, 4)), "00000000") << "numbers start at 0";
}

TEST_F(NegotiateHandshakeTest, ASignedListOfMechanismsIsAnsweredWithASignature) {
  const std::string list = spnego::MechanismList({kNtlm});
  const Step first = Init({kNtlm}, client_.Negotiate());
  EXPECT_EQ(ResponseIn(first).state, spnego::State::kAcceptIncomplete);
  EXPECT_EQ(ResponseIn(first).mechanism, kNtlm);
  ntlm::Answer answer = AnswerTo(first);
  Step last = Answer(answer.message, answer.session.Sign(list));
  auto* complete = std::get_if<Complete>(&last);
  ASSERT_NE(complete, nullptr) << RefusalIn(last).text;
  EXPECT_EQ(ResponseIn(last).state, spnego::State::kAcceptCompleted);
  ASSERT_TRUE(ResponseIn(last).mic);
  EXPECT_TRUE(answer.session.Verify(list, *ResponseIn(last).mic));
  answer.session.ResetCiphers();
  ExpectConversation(answer.session,
                     std::get<NegotiateHandshake::NtlmLogin>(complete->login).session);
}

TEST_F(NegotiateHandshakeTest, WithoutTheClientsSignatureThereIsNone) {
  ntlm::Answer answer = AnswerTo(Init({kNtlm}, client_.Negotiate()));
  Step last = Answer(answer.message, std::nullopt);
  auto* complete = std::get_if<Complete>(&last);
  ASSERT_NE(complete, nullptr) << RefusalIn(last).text;
  EXPECT_FALSE(ResponseIn(last).mic);
  ExpectConversation(answer.session,
                     std::get<NegotiateHandshake::NtlmLogin>(complete->login).session);
}

TEST_F(NegotiateHandshakeTest, AWrongSignatureIsRefused) {
  ntlm::Answer answer = AnswerTo(Init({kNtlm}, client_.Negotiate()));
  const std::string other_list = spnego::MechanismList({kKerberos, kNtlm});
  EXPECT_THAT(RefusalIn(Answer(answer.message, answer.session.Sign(other_list))).text,
              HasSubstr("altered"));
}

TEST_F(NegotiateHandshakeTest, AClientThatPrefersKerberosIsAskedForNtlm) {
  const std::vector<std::string> mechanisms = {kKerberos, kNtlm};
  const Step first = Init(mechanisms, "a Kerberos token");
  EXPECT_EQ(ResponseIn(first).state, spnego::State::kRequestMic);
  EXPECT_EQ(ResponseIn(first).mechanism, kNtlm);
  EXPECT_FALSE(ResponseIn(first).token);
  ntlm::Answer answer = AnswerTo(Answer(client_.Negotiate(), std::nullopt));
  const std::string mic = answer.session.Sign(spnego::MechanismList(mechanisms));
  const Step last = Answer(answer.message, mic);
  EXPECT_TRUE(std::holds_alternative<Complete>(last)) << RefusalIn(last).text;
}

TEST_F(NegotiateHandshakeTest, NtlmAsSecondChoiceNeedsASignedList) {
  Init({kKerberos, kNtlm}, std::nullopt);
  const ntlm::Answer answer = AnswerTo(Answer(client_.Negotiate(), std::nullopt));
  EXPECT_THAT(RefusalIn(Answer(answer.message, std::nullopt)).text, HasSubstr("not signed"));
}

TEST_F(NegotiateHandshakeTest, AClientMayBeginWithoutAToken) {
  EXPECT_EQ(ResponseIn(Init({kNtlm}, std::nullopt)).state, spnego::State::kAcceptIncomplete);
  const ntlm::Answer answer = AnswerTo(Answer(client_.Negotiate(), std::nullopt));
  EXPECT_TRUE(std::holds_alternative<Complete>(Answer(answer.message, std::nullopt)));
}

TEST_F(NegotiateHandshakeTest, KerberosAloneIsRefusedInItsOwnWay) {
  EXPECT_EQ(RefusalIn(Init({kKerberos}, "AP-REQ")).reason, Refused::Reason::kUnavailable);
}

TEST_F(NegotiateHandshakeTest, KerberosByItselfIsRefusedInTheSameWay) {
  const std::string frame = DerValue(kDerOid, kKerberos) + "AP-REQ";
  EXPECT_EQ(RefusalIn(Take(DerValue(kDerApplication0, frame))).reason,
            Refused::Reason::kUnavailable);
}

TEST_F(NegotiateHandshakeTest, UnknownMechanismsAndGarbageAreRefused) {
  EXPECT_EQ(RefusalIn(Init({"\x2A\x03"}, "token")).reason, Refused::Reason::kUnavailable);
  NegotiateHandshake other = NtlmServer();
  EXPECT_EQ(RefusalIn(other.Take("garbage")).reason, Refused::Reason::kDenied);
  NegotiateHandshake empty = NtlmServer();
  EXPECT_EQ(RefusalIn(empty.Take("")).reason, Refused::Reason::kDenied);
}

TEST_F(NegotiateHandshakeTest, NothingIsTakenAfterTheEnd) {
  ntlm::Answer answer = AnswerTo(Init({kNtlm}, client_.Negotiate()));
  EXPECT_TRUE(std::holds_alternative<Complete>(Answer(answer.message, std::nullopt)));
  RefusalIn(Answer(answer.message, std::nullopt));
  RefusalIn(Take(client_.Negotiate()));
}

TEST_F(NegotiateHandshakeTest, ARefusalIsTheEnd) {
  RefusalIn(Take("garbage"));
  RefusalIn(Take(client_.Negotiate()));
}

TEST_F(NegotiateHandshakeTest, TheLastTokenCannotComeFirstNorTheFirstTwice) {
  const auto answer =
      client_.Authenticate(ntlm::WriteChallenge({.flags = kExampleFlags,
                                                 .server_challenge = "12345678",
                                                 .target_name = "",
                                                 .target_info = FromHex(kExampleTargetInfo)}));
  ASSERT_TRUE(answer) << answer.error();
  RefusalIn(Take(answer->message));
  NegotiateHandshake second = NtlmServer();
  EXPECT_TRUE(std::holds_alternative<Continue>(second.Take(client_.Negotiate())));
  RefusalIn(second.Take(client_.Negotiate()));
}

TEST_F(NegotiateHandshakeTest, RawAndWrappedTokensDoNotMix) {
  const ntlm::Answer answer = AnswerTo(Init({kNtlm}, client_.Negotiate()));
  RefusalIn(Take(answer.message));
}

TEST_F(NegotiateHandshakeTest, AWrongPasswordIsDenied) {
  const ntlm::Initiator stranger({.user = "user", .domain = "", .nt_hash = ntlm::Key{1}},
                                 std::nullopt);
  const Step first = Take(stranger.Negotiate());
  const auto answer = stranger.Authenticate(std::get<Continue>(first).token);
  EXPECT_EQ(RefusalIn(Take(answer->message)).reason, Refused::Reason::kDenied);
}

}  // namespace
}  // namespace wsman::auth
