// Every order of what a connection can say about who it is, next to a model.
#include <crypt.h>

#include <array>
#include <fstream>

#include "tests/wsman/http/server_fixture.h"
#include "wsman/auth/base64.h"
#include "wsman/auth/ntlm_initiator.h"
#include "wsman/auth/ntlm_keys.h"

namespace wsman::http {
namespace {

enum class Event {
  kNothing,
  kBadBasic,
  kGoodBasic,
  kFirstToken,
  kGoodLastToken,
  kBadLastToken,
  kGarbage,
  kOtherUser,
};
constexpr int kEvents = 8;
constexpr int kLength = 4;

// For whom the request of an event is handled; "401" for nobody. Basic speaks
// for its own request only; Negotiate for the connection, until another
// Authorization header comes.
class Model {
 public:
  std::string Caller(Event event) {
    if (event == Event::kNothing) return established_ ? "alice" : "401";
    const bool completes = challenged_ && event == Event::kGoodLastToken;
    challenged_ = event == Event::kFirstToken;
    established_ = completes;
    if (event == Event::kOtherUser) return "bob";
    return completes || event == Event::kGoodBasic ? "alice" : "401";
  }

 private:
  bool challenged_ = false;
  bool established_ = false;
};

// Four tokens fail at most in a sequence, and the server ends the connection
// with the fifth (auth/negotiate.h), so the model needs no count of them.
static_assert(kLength <= auth::kMaxNegotiateLegs);

class AuthenticationOrderTest : public ServerTest {
 protected:
  AuthenticationOrderTest() {
    EXPECT_TRUE(auth::SetPassword(users_file_, "alice", "secret", auth::NtHashChoice::kWrite));
    MakeHashesCheap();
    negotiate_ = true;
    auth_options_.per_source = {.burst = 1'000'000, .per_minute = 0, .keys = 10};
    auth_options_.per_account = auth_options_.per_source;
    handler_.on_request = [this](const Request&, const std::shared_ptr<Responder>& responder) {
      responder->Send(
          {.status = 200, .content_type = "text/plain", .body = handler_.last_caller()});
    };
  }

  // Thousands of wrong passwords are checked here.
  void MakeHashesCheap() const {
    std::ofstream users(users_file_, std::ios::trunc);
    for (const auto& [name, password] :
         {std::pair("alice", "secret"), std::pair("bob", "builder")}) {
      const auto state = std::make_unique<crypt_data>();
      users << name << ':' << ::crypt_r(password, "$6$rounds=1000$saltsaltsalt", state.get())
            << '\n';
    }
  }

  static std::string Basic(std::string_view credentials) {
    return "Authorization: Basic " + auth::EncodeBase64(credentials) + "\r\n";
  }
  static std::string Negotiate(std::string_view token) {
    return "Authorization: Negotiate " + auth::EncodeBase64(token) + "\r\n";
  }
  static auth::ntlm::Initiator Client(const char* password) {
    return {{.user = "alice", .domain = "D", .nt_hash = *auth::ntlm::NtHash(password)},
            std::nullopt};
  }

  std::string Header(Event event) const {
    switch (event) {
      case Event::kNothing:
        return "";
      case Event::kBadBasic:
        return Basic("alice:wrong");
      case Event::kGoodBasic:
        return Basic("alice:secret");
      case Event::kFirstToken:
        return Negotiate(good_.Negotiate());
      case Event::kGoodLastToken:
        return Negotiate(good_.Authenticate(challenge_)->message);
      case Event::kBadLastToken:
        return Negotiate(bad_.Authenticate(challenge_)->message);
      case Event::kGarbage:
        return "Authorization: Negotiate AAAA\r\n";
      case Event::kOtherUser:
        return Basic("bob:builder");
    }
    return "";
  }

  std::string Caller(RawClient& client, Event event) {
    const auto reply = client.Ask(Post("<x/>", Header(event)));
    if (!reply) return "closed";
    constexpr std::string_view kChallenge = "WWW-Authenticate: Negotiate ";
    if (const auto at = reply->head.find(kChallenge); at != std::string::npos) {
      const std::size_t token = at + kChallenge.size();
      challenge_ =
          *auth::DecodeBase64(reply->head.substr(token, reply->head.find('\r', token) - token));
    }
    return reply->status == 200 ? reply->body : std::to_string(reply->status);
  }

  const auth::ntlm::Initiator good_ = Client("secret");
  const auth::ntlm::Initiator bad_ = Client("wrong");
  std::string challenge_;  // the last one seen, also on another connection
};

TEST_F(AuthenticationOrderTest, EveryOrderOfFourEventsFollowsTheModel) {
  Start();
  RawClient earlier(http());
  ASSERT_EQ(Caller(earlier, Event::kFirstToken), "401");
  int handled = 0;
  for (int number = 0; number < kEvents * kEvents * kEvents * kEvents; ++number) {
    RawClient client(http());
    Model model;
    int rest = number;
    for (int i = 0; i < kLength; ++i, rest /= kEvents) {
      const auto event = static_cast<Event>(rest % kEvents);
      const std::string expected = model.Caller(event);
      ASSERT_EQ(Caller(client, event), expected) << "sequence " << number << ", event " << i;
      handled += expected == "401" ? 0 : 1;
    }
  }
  EXPECT_EQ(handler_.requests(), handled);
}

}  // namespace
}  // namespace wsman::http
