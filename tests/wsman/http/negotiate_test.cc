// Negotiate and sealed messages on real sockets, with the project's own
// initiator as the client.
#include <optional>

#include "tests/wsman/http/server_fixture.h"
#include "wsman/auth/base64.h"
#include "wsman/auth/ntlm_initiator.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/sealed_message.h"
#include "wsman/http/tls.h"

namespace wsman::http {
namespace {

constexpr char kType[] = "application/soap+xml;charset=UTF-8";

class NegotiateServerTest : public ServerTest {
 protected:
  NegotiateServerTest() {
    EXPECT_TRUE(auth::SetPassword(users_file_, "alice", "secret", auth::NtHashChoice::kWrite));
    options_.allow_unencrypted = false;
    auth_options_.allow_unencrypted = false;
    negotiate_ = true;
  }
};

std::string RequestText(std::string_view headers, std::string_view type, std::string_view body) {
  std::string text = "POST /wsman HTTP/1.1\r\nHost: localhost\r\n";
  text.append(headers).append("Content-Type: ").append(type).append("\r\nContent-Length: ");
  return text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

std::string Authorization(std::string_view token) {
  return "Authorization: Negotiate " + auth::EncodeBase64(token) + "\r\n";
}

// One connection's client.
class NtlmClient {
 public:
  explicit NtlmClient(const std::string& endpoint, const char* password = "secret",
                      std::optional<auth::ntlm::Key> binding = std::nullopt)
      : raw(endpoint),
        initiator_({.user = "alice", .domain = "D", .nt_hash = *auth::ntlm::NtHash(password)},
                   binding) {}

  // The Authorization header of the last leg.
  std::string LastLeg() {
    const auto reply = raw.Ask(RequestText(Authorization(initiator_.Negotiate()), kType, ""));
    EXPECT_TRUE(reply);
    if (!reply) return {};
    EXPECT_EQ(reply->status, 401);
    constexpr std::string_view kHeader = "WWW-Authenticate: Negotiate ";
    const std::size_t start = reply->head.find(kHeader);
    EXPECT_NE(start, std::string::npos) << reply->head;
    if (start == std::string::npos) return {};
    EXPECT_EQ(reply->head.find("WWW-Authenticate", start + 1), std::string::npos);
    EXPECT_FALSE(reply->Has("Connection: close"));
    const std::size_t token = start + kHeader.size();
    const auto challenge =
        auth::DecodeBase64(reply->head.substr(token, reply->head.find('\r', token) - token));
    auto answer = initiator_.Authenticate(challenge.value_or(""));
    EXPECT_TRUE(answer);
    if (!answer) return {};
    session_.emplace(std::move(answer->session));
    return Authorization(answer->message);
  }

  int LogIn() { return raw.Ask(RequestText(LastLeg(), kType, ""))->status; }

  std::string Sealed(std::string_view text, std::string_view headers = "") {
    return RequestText(headers, auth::SealedContentType(auth::SealProtocol::kSpnego), Frame(text));
  }
  std::string Frame(std::string_view text, std::string_view type = kType) {
    const std::string sealed = session_->Seal(text);
    return auth::WriteSealed(auth::SealProtocol::kSpnego, type, text.size(),
                             std::string_view(sealed).substr(0, 16),
                             std::string_view(sealed).substr(16));
  }

  // The text of a sealed reply.
  std::string Opened(const std::optional<RawReply>& reply) {
    if (!reply) return "no reply";
    constexpr std::string_view kHeader = "Content-Type: ";
    const std::size_t start = reply->head.find(kHeader);
    if (start == std::string::npos) return "not sealed: " + reply->head;
    const std::size_t type = start + kHeader.size();
    const auto message = auth::ParseSealed(
        reply->head.substr(type, reply->head.find('\r', type) - type), reply->body);
    if (!message) return message.error();
    EXPECT_EQ(message->content_type, kType);
    return session_->Unseal(message->sealed).value_or("does not unseal");
  }

  RawClient raw;

 private:
  const auth::ntlm::Initiator initiator_;
  std::optional<auth::ntlm::Session> session_;
};

TEST_F(NegotiateServerTest, SealedRequestsOfOneConnectionAreAnsweredSealed) {
  Start();
  NtlmClient client(http());
  const auto done = client.raw.Ask(RequestText(client.LastLeg(), kType, ""));
  EXPECT_EQ(done->HeadWithoutDate(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (int i = 0; i < 50; ++i) {
    const std::string text = "<get>" + std::to_string(i) + "</get>";
    EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed(text))), text);
  }
  EXPECT_EQ(handler_.last_caller(), "alice");
  EXPECT_EQ(handler_.requests(), 50);
}

TEST_F(NegotiateServerTest, AFaultIsSealedToo) {
  handler_.on_request = [](Request, const std::shared_ptr<Responder>& responder) {
    responder->Send({.status = 500, .content_type = kType, .body = "<fault/>"});
  };
  Start();
  NtlmClient client(http());
  ASSERT_EQ(client.LogIn(), 200);
  const auto reply = client.raw.Ask(client.Sealed("<x/>"));
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(client.Opened(reply), "<fault/>");
}

TEST_F(NegotiateServerTest, ATypeInsideOfTheSealThatIsNotSoapIsRefusedAndTheSessionGoesOn) {
  Start();
  NtlmClient client(http());
  ASSERT_EQ(client.LogIn(), 200);
  const std::string sealed = auth::SealedContentType(auth::SealProtocol::kSpnego);
  const auto refused =
      client.raw.Ask(RequestText("", sealed, client.Frame("{}", "application/json")));
  EXPECT_EQ(refused->status, 415);
  EXPECT_EQ(refused->body, "");
  EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed("<x/>"))), "<x/>");
  EXPECT_EQ(handler_.requests(), 1);
}

TEST_F(NegotiateServerTest, TheLastTokenMayComeWithTheFirstSealedBody) {
  Start();
  NtlmClient client(http());
  const std::string last = client.LastLeg();
  EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed("<x/>", last))), "<x/>");
  EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed("<y/>"))), "<y/>");
}

TEST_F(NegotiateServerTest, AWrongPasswordIsRefusedAndTheRightOneMayFollow) {
  Start();
  NtlmClient wrong(http(), "wrong");
  const auto reply = wrong.raw.Ask(RequestText(wrong.LastLeg(), kType, ""));
  EXPECT_EQ(reply->HeadWithoutDate(),
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\n"
            "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(wrong.raw.Ask(wrong.Sealed("<x/>"))->status, 401);
  EXPECT_EQ(wrong.LogIn(), 401);
  EXPECT_EQ(wrong.raw.Ask(RequestText("Authorization: Negotiate =\r\n", kType, ""))->status, 401);
  EXPECT_TRUE(wrong.raw.IsClosed()) << "a fifth failure ends the connection";
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(NegotiateServerTest, AReplayedMessageEndsTheConnection) {
  Start();
  NtlmClient client(http());
  ASSERT_EQ(client.LogIn(), 200);
  const std::string message = client.Sealed("<x/>");
  EXPECT_EQ(client.Opened(client.raw.Ask(message)), "<x/>");
  EXPECT_EQ(client.raw.Ask(message)->status, 400);
  EXPECT_TRUE(client.raw.IsClosed());
  EXPECT_EQ(handler_.requests(), 1);
}

TEST_F(NegotiateServerTest, AMessageOfAnotherConnectionEndsTheConnection) {
  Start();
  NtlmClient client(http());
  NtlmClient other(http());
  ASSERT_EQ(client.LogIn(), 200);
  ASSERT_EQ(other.LogIn(), 200);
  EXPECT_EQ(client.raw.Ask(other.Sealed("<x/>"))->status, 400);
  EXPECT_TRUE(client.raw.IsClosed());
}

TEST_F(NegotiateServerTest, AFlippedByteAnywhereInTheSealedPartEndsTheConnection) {
  Start();
  const std::string text = "<flip me/>" + std::string(2'000, ' ');
  const std::size_t sealed_bytes = 16 + text.size();
  const std::size_t tail = std::string_view("--Encrypted Boundary--\r\n").size();
  for (std::size_t i = 0; i < sealed_bytes; ++i) {
    NtlmClient client(http());
    ASSERT_EQ(client.LogIn(), 200);
    std::string message = client.Sealed(text);
    message[message.size() - tail - sealed_bytes + i] ^= static_cast<char>(1U << i % 8);
    ASSERT_EQ(client.raw.Ask(message)->status, 400) << i;
    ASSERT_TRUE(client.raw.IsClosed()) << i;
  }
  EXPECT_EQ(handler_.requests(), 0);
}

// A frame can be spelled in many ways, so that some flips change nothing.
TEST_F(NegotiateServerTest, AFlippedByteInTheFrameNeverChangesWhatIsHandled) {
  const std::string text = "<flip me/>";
  std::string others;
  handler_.on_request = [&](Request request, const std::shared_ptr<Responder>& responder) {
    if (request.body != text) others += request.body + "\n";
    responder->Send({.status = 200, .content_type = kType, .body = std::move(request.body)});
  };
  Start();
  int refused = 0;
  for (std::size_t i = 0;; ++i) {
    NtlmClient client(http());
    ASSERT_EQ(client.LogIn(), 200);
    std::string message = client.Sealed(text);
    const std::size_t frame = message.find("\r\n\r\n") + 4;
    if (frame + i == message.size()) break;
    message[frame + i] ^= static_cast<char>(1U << i % 8);
    const auto reply = client.raw.Ask(message);
    ASSERT_TRUE(reply);
    // 415: the frame says that the text is of another type.
    const bool is_refused = reply->status == 400 || reply->status == 415;
    ASSERT_TRUE(is_refused || client.Opened(reply) == text) << i;
    refused += is_refused ? 1 : 0;
  }
  EXPECT_EQ(others, "");
  EXPECT_GT(refused, 200);
}

TEST_F(NegotiateServerTest, ALengthThatLiesEndsTheConnection) {
  Start();
  NtlmClient client(http());
  ASSERT_EQ(client.LogIn(), 200);
  std::string message = client.Sealed("<twelve-12/>");
  message.replace(message.find("Length=12"), 9, "Length=11");
  EXPECT_EQ(client.raw.Ask(message)->status, 400);
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(NegotiateServerTest, ClearTextAfterNegotiateIsNotReadAndDoesNoHarm) {
  Start();
  NtlmClient client(http());
  ASSERT_EQ(client.LogIn(), 200);
  const auto reply = client.raw.Ask(RequestText("", kType, "<x/>"));
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(reply->body, "<seal-it/>");
  EXPECT_EQ(handler_.requests(), 0);
  EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed("<y/>"))), "<y/>");
}

TEST_F(NegotiateServerTest, ClearTextWithTheLastTokenIsNotReadEither) {
  Start();
  NtlmClient client(http());
  EXPECT_EQ(client.raw.Ask(RequestText(client.LastLeg(), kType, "<x/>"))->status, 500);
  EXPECT_EQ(handler_.requests(), 0);
}

// The Authorization headers of a login that asks for less than sealing, without
// SPNEGO and without a MIC, as a relayed one of another service might be.
std::string AskForLess(std::uint32_t without) {
  constexpr std::uint32_t kAsked = auth::ntlm::kSealingFlags | auth::ntlm::kFlagUnicode |
                                   auth::ntlm::kFlagNtlm | auth::ntlm::kFlagTargetInfo;
  return Authorization(auth::ntlm::WriteNegotiate({.flags = kAsked & ~without}));
}

std::string AnswerWithLess(const RawReply& reply, std::uint32_t without, const char* password) {
  constexpr std::string_view kHeader = "WWW-Authenticate: Negotiate ";
  const std::size_t token = reply.head.find(kHeader) + kHeader.size();
  const auto challenge =
      auth::DecodeBase64(reply.head.substr(token, reply.head.find('\r', token) - token));
  const auto parsed = auth::ntlm::ParseChallenge(challenge.value_or(""));
  if (!parsed) return {};
  const std::string client_bytes =
      auth::ntlm::WriteClientBytes(std::string(8, '\0'), "12345678", {});
  const auth::ntlm::Key key = auth::ntlm::ResponseKey(*auth::ntlm::NtHash(password), "alice", "D");
  const auth::ntlm::Key proof = auth::ntlm::Proof(key, parsed->server_challenge, client_bytes);
  return Authorization(auth::ntlm::WriteAuthenticate(
      {.flags = parsed->flags & ~without,
       .lm_response = {},
       .nt_response = std::string(auth::ntlm::AsBytes(proof)).append(client_bytes),
       .domain = "D",
       .user = "alice",
       .workstation = {},
       .encrypted_session_key = {}}));
}

TEST_F(NegotiateServerTest, ALoginWithoutSealingIsToldSoAndExecutesNothing) {
  Start();
  for (const std::uint32_t without : {auth::ntlm::kFlagSeal, auth::ntlm::kFlagSign,
                                      auth::ntlm::kFlagSeal | auth::ntlm::kFlagSign}) {
    RawClient client(http());
    const auto challenge = client.Ask(RequestText(AskForLess(without), kType, ""));
    ASSERT_TRUE(challenge);
    ASSERT_EQ(challenge->status, 401);
    const std::string last = AnswerWithLess(*challenge, without, "secret");
    const std::string sealed = auth::SealedContentType(auth::SealProtocol::kSpnego);
    for (const std::string& request :
         {RequestText(last, kType, "<x/>"), RequestText("", kType, "<x/>"),
          RequestText("", sealed, "--Encrypted Boundary\r\n"), RequestText("", kType, "<y/>")}) {
      const auto reply = client.Ask(request);
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status, 500);
      EXPECT_EQ(reply->body, "<seal-it/>");
    }
  }
  EXPECT_EQ(handler_.requests(), 0);
  EXPECT_EQ(server_->Statistics().requests_handled, 0U);
}

TEST_F(NegotiateServerTest, ALoginWithoutSealingStillNeedsThePassword) {
  Start();
  RawClient client(http());
  const auto challenge = client.Ask(RequestText(AskForLess(auth::ntlm::kFlagSeal), kType, ""));
  ASSERT_TRUE(challenge);
  const std::string last = AnswerWithLess(*challenge, auth::ntlm::kFlagSeal, "wrong");
  EXPECT_EQ(client.Ask(RequestText(last, kType, "<x/>"))->status, 401);
  EXPECT_EQ(client.Ask(RequestText("", kType, "<x/>"))->status, 401);
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(NegotiateServerTest, ALoginWithoutSealingIsRefusedWhereClearTextWouldBeRead) {
  options_.allow_unencrypted = true;
  auth_options_.allow_unencrypted = true;
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    const auto reply = client.Ask(RequestText(AskForLess(auth::ntlm::kFlagSeal), kType, ""));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 401);
    EXPECT_TRUE(reply->Has("WWW-Authenticate: Negotiate")) << "there is no challenge";
  }
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(NegotiateServerTest, ClearTextIsReadWhereItIsAllowed) {
  options_.allow_unencrypted = true;
  Start();
  NtlmClient client(http());
  ASSERT_EQ(client.LogIn(), 200);
  EXPECT_EQ(client.raw.Ask(RequestText("", kType, "<x/>"))->body, "<x/>");
  EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed("<y/>"))), "<y/>");
}

TEST_F(NegotiateServerTest, HttpsTakesClearAndSealedMessages) {
  Start();
  NtlmClient client(https());
  ASSERT_EQ(client.LogIn(), 200);
  EXPECT_EQ(client.raw.Ask(RequestText("", kType, "<x/>"))->body, "<x/>");
  EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed("<y/>"))), "<y/>");
}

TEST_F(NegotiateServerTest, AnotherAuthorizationHeaderEndsTheSession) {
  Start();
  NtlmClient client(https());
  ASSERT_EQ(client.LogIn(), 200);
  EXPECT_EQ(client.raw.Ask(Post("<x/>"))->status, 200);  // Basic, for this request only
  EXPECT_EQ(client.raw.Ask(RequestText("", kType, "<x/>"))->status, 401);
  ASSERT_EQ(client.LogIn(), 200);
  EXPECT_EQ(client.raw.Ask(RequestText("", kType, "<x/>"))->status, 200);
}

TEST_F(NegotiateServerTest, ASealedRequestWithoutASessionIsRefused) {
  Start();
  NtlmClient client(http());
  ASSERT_EQ(client.LogIn(), 200);
  RawClient stranger(http());
  EXPECT_EQ(stranger.Ask(client.Sealed("<x/>"))->status, 401);
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(NegotiateServerTest, TheFrameIsAllowedBesideTheLargestBody) {
  options_.limits.body_bytes = 10'000;
  Start();
  for (const std::size_t size : {9'999U, 10'000U}) {
    NtlmClient client(http());
    ASSERT_EQ(client.LogIn(), 200);
    const std::string text(size, 'x');
    EXPECT_EQ(client.Opened(client.raw.Ask(client.Sealed(text))), text);
  }
  const std::size_t largest = 10'000 + auth::kMaxSealOverhead;
  for (const std::size_t size : {largest - 1, largest, largest + 1}) {
    NtlmClient client(http());
    ASSERT_EQ(client.LogIn(), 200);
    const auto type = auth::SealedContentType(auth::SealProtocol::kSpnego);
    EXPECT_EQ(client.raw.Ask(RequestText("", type, std::string(size, 'x')))->status,
              size <= largest ? 400 : 413);
  }
}

TEST_F(NegotiateServerTest, AStrictServerWantsItsOwnCertificateBound) {
  auth_options_.channel_binding = auth::ntlm::BindingPolicy::kStrict;
  Start();
  const auto tls =
      TlsContext::Load({.certificate = options_.tls_certificate, .key = options_.tls_key});
  ASSERT_TRUE(tls && tls->channel_binding());
  NtlmClient bound(https(), "secret", tls->channel_binding());
  EXPECT_EQ(bound.LogIn(), 200);
  NtlmClient unbound(https());
  EXPECT_EQ(unbound.LogIn(), 401);
  NtlmClient other(https(), "secret", auth::ntlm::Key{1});
  EXPECT_EQ(other.LogIn(), 401);
  NtlmClient relayed(http(), "secret", tls->channel_binding());
  EXPECT_EQ(relayed.LogIn(), 401) << "bound to a TLS connection of somebody else";
}

}  // namespace
}  // namespace wsman::http
