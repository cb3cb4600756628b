#include "wsman/auth/negotiate.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <array>

#include "wsman/auth/authenticator.h"
#include "wsman/auth/base64.h"
#include "wsman/auth/nt_hash_file.h"
#include "wsman/auth/ntlm_initiator.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/spnego.h"

namespace wsman::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Reply = Authenticator::NegotiateReply;

std::string HeaderOf(std::string_view token) { return "Negotiate " + EncodeBase64(token); }

class NegotiateTest : public ::testing::Test {
 protected:
  NegotiateTest() {
    std::string folder = ::testing::TempDir() + "negotiate_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    users_ = folder_ / "users";
    Set("alice", "secret");
    // So that no sequence of failures reaches the limits by itself.
    options_.per_source = options_.per_account = {.burst = 1'000'000, .per_minute = 1, .keys = 10};
    Make();
  }
  ~NegotiateTest() override { std::filesystem::remove_all(folder_); }

  void Set(const char* name, const char* password) {
    EXPECT_TRUE(SetPassword(users_, name, password, NtHashChoice::kWrite));
  }

  void Make() {
    auto verifier = PasswordVerifier::Start(users_);
    auto accounts = NtAccounts::Open(users_);
    ASSERT_TRUE(verifier && accounts);
    authenticator_ = std::make_unique<Authenticator>(
        options_, Authenticator::Sources{.verifier = *std::move(verifier),
                                         .nt_accounts = *std::move(accounts)});
  }

  Reply Send(NegotiateSession& session, std::string_view authorization) {
    return authenticator_->Negotiate(connection_, session, authorization, now_);
  }

  static ntlm::Initiator Client(const char* password, std::optional<ntlm::Key> binding = {}) {
    return ntlm::Initiator({.user = "alice", .domain = "ANY", .nt_hash = *ntlm::NtHash(password)},
                           binding);
  }

  // Both legs of NTLM by itself.
  Reply LogIn(NegotiateSession& session, const ntlm::Initiator& client) {
    const Reply challenge = Send(session, HeaderOf(client.Negotiate()));
    if (challenge.header.empty()) return challenge;
    auto answer = client.Authenticate(*DecodeBase64(challenge.header.substr(10)));
    EXPECT_TRUE(answer);
    if (!answer) return {};
    Reply last = Send(session, HeaderOf(answer->message));
    client_session_.emplace(std::move(answer->session));
    return last;
  }

  std::filesystem::path folder_;
  std::filesystem::path users_;
  Authenticator::Options options_;
  ConnectionInfo connection_{.source = "192.0.2.1", .encrypted = false, .channel_binding = {}};
  Authenticator::Clock::time_point now_ = Authenticator::Clock::now();
  std::unique_ptr<Authenticator> authenticator_;
  std::optional<ntlm::Session> client_session_;
};

TEST_F(NegotiateTest, ALoginMakesACallerWithTheGroupsOfTheUsersFile) {
  NegotiateSession session;
  EXPECT_FALSE(authenticator_->Caller(session));
  const Reply last = LogIn(session, Client("secret"));
  ASSERT_TRUE(last.principal);
  EXPECT_EQ(last.principal->name(), "alice");
  EXPECT_EQ(last.header, "") << "NTLM by itself has no last token";
  EXPECT_TRUE(authenticator_->Caller(session));
  EXPECT_EQ(session.Unseal(client_session_->Seal("text")), "text");
  EXPECT_EQ(client_session_->Unseal(session.Seal("reply")->bytes), "reply");
}

TEST_F(NegotiateTest, ACallerHasOneNameInEverySpelling) {
  for (const auto& [user, domain] :
       {std::pair("ALICE", "CORP"), {"Alice@corp", ""}, {".\\alice", ""}, {"\\aLICE", "x"}}) {
    NegotiateSession session;
    const Reply last = LogIn(
        session,
        ntlm::Initiator({.user = user, .domain = domain, .nt_hash = *ntlm::NtHash("secret")}, {}));
    ASSERT_TRUE(last.principal) << user;
    EXPECT_EQ(last.principal->name(), "alice");
    EXPECT_TRUE(authenticator_->Caller(session));
  }
}

TEST_F(NegotiateTest, InsideSpnegoTheLastTokenGoesOutWithTheReply) {
  const ntlm::Initiator client = Client("secret");
  NegotiateSession session;
  const Reply first = Send(
      session, HeaderOf(spnego::Write(spnego::Init{.mechanisms = {std::string(spnego::kNtlmOid)},
                                                   .mechanism_list = {},
                                                   .token = client.Negotiate()})));
  EXPECT_FALSE(first.principal);
  const auto token_in = [](const Reply& reply) {
    const spnego::Token token = spnego::Parse(*DecodeBase64(reply.header.substr(10)));
    return std::get<spnego::Response>(token);
  };
  const auto answer = client.Authenticate(*token_in(first).token);
  ASSERT_TRUE(answer);
  const Reply last = Send(
      session, HeaderOf(spnego::Write(spnego::Response{.state = spnego::State::kAcceptIncomplete,
                                                       .mechanism = {},
                                                       .token = answer->message,
                                                       .mic = {}})));
  ASSERT_TRUE(last.principal);
  EXPECT_EQ(token_in(last).state, spnego::State::kAcceptCompleted);
}

TEST_F(NegotiateTest, ItIsOfferedWhereThereAreAccounts) {
  EXPECT_THAT(authenticator_->Challenges(connection_), ElementsAre("Negotiate"));
  const ConnectionInfo encrypted{.source = "192.0.2.1", .encrypted = true, .channel_binding = {}};
  EXPECT_THAT(authenticator_->Challenges(encrypted),
              ElementsAre("Negotiate", StartsWith("Basic ")));
  Authenticator without(options_, {.verifier = *PasswordVerifier::Start(users_)});
  EXPECT_THAT(without.Challenges(connection_), IsEmpty());
  NegotiateSession session;
  const Reply reply =
      without.Negotiate(connection_, session, HeaderOf(Client("secret").Negotiate()), now_);
  EXPECT_EQ(reply.header, "");
  EXPECT_FALSE(reply.principal);
}

TEST_F(NegotiateTest, ItIsOfferedFromTheFirstHashToTheLast) {
  ASSERT_TRUE(SetPassword(users_, "alice", "secret"));
  Make();
  EXPECT_THAT(authenticator_->Challenges(connection_), IsEmpty());
  NegotiateSession session;
  EXPECT_EQ(Send(session, HeaderOf(Client("secret").Negotiate())).header, "");
  Set("alice", "secret");
  EXPECT_THAT(authenticator_->Challenges(connection_), ElementsAre("Negotiate"));
  EXPECT_TRUE(LogIn(session, Client("secret")).principal);
  ASSERT_TRUE(SetPassword(users_, "alice", "secret"));
  EXPECT_THAT(authenticator_->Challenges(connection_), IsEmpty());
  EXPECT_FALSE(authenticator_->Caller(session));
}

TEST_F(NegotiateTest, WithoutAKeytabTheSchemeKerberosOpensNothing) {
  NegotiateSession session;
  const ntlm::Initiator client = Client("secret");
  const std::string token = EncodeBase64(client.Negotiate());
  EXPECT_EQ(Send(session, "Kerberos " + token).header, "");
  ASSERT_NE(Send(session, "Negotiate " + token).header, "");
  EXPECT_EQ(Send(session, "Kerberos " + token).header, "") << "in the middle of a handshake";
  EXPECT_FALSE(session.established());
}

TEST_F(NegotiateTest, TheSchemeIsKnownByItsName) {
  EXPECT_EQ(HandshakeSchemeOf("Negotiate abc"), HandshakeScheme::kNegotiate);
  EXPECT_EQ(HandshakeSchemeOf("negotiate"), HandshakeScheme::kNegotiate);
  EXPECT_EQ(HandshakeSchemeOf("kerberos abc"), HandshakeScheme::kKerberos);
  EXPECT_EQ(HandshakeSchemeOf("Negotiated abc"), std::nullopt);
  EXPECT_EQ(HandshakeSchemeOf("NTLM abc"), std::nullopt);
  EXPECT_EQ(HandshakeSchemeOf(""), std::nullopt);
}

TEST_F(NegotiateTest, ASessionEndsWithTheHashItWasMadeWith) {
  NegotiateSession session;
  ASSERT_TRUE(LogIn(session, Client("secret")).principal);
  Set("bob", "other");
  EXPECT_TRUE(authenticator_->Caller(session)) << "another user's change does not matter";
  Set("alice", "changed");
  EXPECT_FALSE(authenticator_->Caller(session));
  EXPECT_FALSE(session.established());
  EXPECT_TRUE(LogIn(session, Client("changed")).principal);
  ASSERT_TRUE(SetPassword(users_, "alice", "changed"));
  EXPECT_FALSE(authenticator_->Caller(session)) << "without an NT hash there is no NTLM";
}

TEST_F(NegotiateTest, AHashWithoutAUserOpensNothing) {
  ASSERT_TRUE(SetNtHash(NtHashFileOf(users_), "ghost", "secret"));
  const ntlm::Initiator ghost({.user = "ghost", .domain = "", .nt_hash = *ntlm::NtHash("secret")},
                              std::nullopt);
  NegotiateSession session;
  EXPECT_FALSE(LogIn(session, ghost).principal);
}

TEST_F(NegotiateTest, FourTokensWithoutSuccessAreTheMost) {
  const std::string garbage = HeaderOf("garbage");
  for (int failures = 0; failures <= 3; ++failures) {
    NegotiateSession session;
    for (int i = 0; i < failures; ++i) EXPECT_FALSE(Send(session, garbage).close);
    const bool enough = failures + 2 <= kMaxNegotiateLegs;
    EXPECT_EQ(LogIn(session, Client("secret")).principal.has_value(), enough) << failures;
    if (!enough) {
      EXPECT_TRUE(Send(session, garbage).close);
    }
  }
  NegotiateSession session;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(LogIn(session, Client("secret")).principal);
}

TEST_F(NegotiateTest, AHandshakeTakesTenSecondsAtMost) {
  for (const int milliseconds : {9'999, 10'000, 10'001}) {
    NegotiateSession session;
    const ntlm::Initiator client = Client("secret");
    const Reply challenge = Send(session, HeaderOf(client.Negotiate()));
    const auto answer = client.Authenticate(*DecodeBase64(challenge.header.substr(10)));
    ASSERT_TRUE(answer);
    now_ += std::chrono::milliseconds(milliseconds);
    const Reply last = Send(session, HeaderOf(answer->message));
    EXPECT_EQ(last.principal.has_value(), milliseconds <= 10'000) << milliseconds;
  }
}

TEST_F(NegotiateTest, FailuresAreThrottledForTheirSource) {
  options_.per_source = {.burst = 2, .per_minute = 1, .keys = 10};
  Make();
  const auto log_in = [this](const char* password) {
    NegotiateSession session;
    return LogIn(session, Client(password)).principal.has_value();
  };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(log_in("secret")) << "success costs nothing";
  EXPECT_FALSE(log_in("wrong"));
  EXPECT_TRUE(log_in("secret"));
  EXPECT_FALSE(log_in("wrong"));
  EXPECT_FALSE(log_in("secret")) << "two failures were allowed";
  connection_.source = "192.0.2.2";
  EXPECT_TRUE(log_in("secret"));
}

TEST_F(NegotiateTest, FailuresAreThrottledForTheirAccount) {
  options_.per_account = {.burst = 1, .per_minute = 1, .keys = 10};
  Make();
  NegotiateSession first;
  EXPECT_FALSE(LogIn(first, Client("wrong")).principal);
  connection_.source = "192.0.2.2";
  NegotiateSession second;
  EXPECT_FALSE(LogIn(second, Client("secret")).principal);
}

TEST_F(NegotiateTest, ABindingIsCheckedAsThePolicySays) {
  using Policy = ntlm::BindingPolicy;
  const ntlm::Key right{1, 2, 3};
  const std::array<std::optional<ntlm::Key>, 3> sent = {std::nullopt, right, ntlm::Key{9}};
  const std::vector<std::pair<Policy, std::array<bool, 3>>> table = {
      {Policy::kNone, {true, true, true}},
      {Policy::kRelaxed, {true, true, false}},
      {Policy::kStrict, {false, true, false}}};
  connection_ = {.source = "192.0.2.1",
                 .encrypted = true,
                 .channel_binding = right,
                 .server_end_point = "tls-server-end-point:hash"};
  for (const auto& [policy, accepted] : table) {
    options_.channel_binding = policy;
    Make();
    for (std::size_t i = 0; i < sent.size(); ++i) {
      NegotiateSession session;
      EXPECT_EQ(LogIn(session, Client("secret", sent[i])).principal.has_value(), accepted[i])
          << static_cast<int>(policy) << ' ' << i;
    }
  }
}

TEST_F(NegotiateTest, ABindingThatIsDemandedButCannotBeCheckedIsNotPassed) {
  connection_ = {.source = "192.0.2.1", .encrypted = true, .channel_binding = {}};
  for (const auto policy : {ntlm::BindingPolicy::kRelaxed, ntlm::BindingPolicy::kStrict}) {
    options_.channel_binding = policy;
    Make();
    NegotiateSession session;
    EXPECT_EQ(LogIn(session, Client("secret")).principal.has_value(),
              policy == ntlm::BindingPolicy::kRelaxed);
  }
}

// What a client can do next, and what has to come of it.
enum class Event { kNothing, kReset, kFirst, kGoodLast, kBadLast, kGarbage };

class Model {
 public:
  bool Authenticated(Event event) {
    if (event == Event::kNothing) return stage_ == Stage::kEstablished;
    const Stage before = stage_;
    stage_ = Stage::kNone;
    if (event == Event::kReset || legs_ == kMaxNegotiateLegs) return false;
    ++legs_;
    if (event == Event::kFirst) stage_ = Stage::kChallenged;
    if (event != Event::kGoodLast || before != Stage::kChallenged) return false;
    stage_ = Stage::kEstablished;
    legs_ = 0;
    return true;
  }

 private:
  enum class Stage { kNone, kChallenged, kEstablished };
  Stage stage_ = Stage::kNone;
  int legs_ = 0;
};

class NegotiateOrderTest : public NegotiateTest {
 protected:
  bool Authenticated(NegotiateSession& session, Event event) {
    switch (event) {
      case Event::kNothing:
        return authenticator_->Caller(session).has_value();
      case Event::kReset:
        session.Reset();
        return false;
      case Event::kFirst: {
        const Reply reply = Send(session, HeaderOf(good_.Negotiate()));
        if (!reply.header.empty()) challenge_ = *DecodeBase64(reply.header.substr(10));
        return reply.principal.has_value();
      }
      case Event::kGoodLast:
        return Send(session, HeaderOf(good_.Authenticate(challenge_)->message))
            .principal.has_value();
      case Event::kBadLast:
        return Send(session, HeaderOf(bad_.Authenticate(challenge_)->message))
            .principal.has_value();
      case Event::kGarbage:
        return Send(session, "Negotiate =").principal.has_value();
    }
    return false;
  }

  const ntlm::Initiator good_ = Client("secret");
  const ntlm::Initiator bad_ = Client("wrong");
  std::string challenge_;  // the last one seen, also of another session
};

TEST_F(NegotiateOrderTest, EveryOrderOfFiveEventsFollowsTheModel) {
  constexpr int kEvents = 6;
  constexpr int kLength = 5;
  NegotiateSession earlier;
  Authenticated(earlier, Event::kFirst);
  for (int number = 0; number < 6 * 6 * 6 * 6 * 6; ++number) {
    NegotiateSession session;
    Model model;
    int rest = number;
    for (int i = 0; i < kLength; ++i, rest /= kEvents) {
      const auto event = static_cast<Event>(rest % kEvents);
      ASSERT_EQ(Authenticated(session, event), model.Authenticated(event))
          << "sequence " << number << ", event " << i;
    }
  }
}

}  // namespace
}  // namespace wsman::auth
