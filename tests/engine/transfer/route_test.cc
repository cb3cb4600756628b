#include "engine/transfer/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::transfer {
namespace {

constexpr Offers kAll{true, true, true};
constexpr Offers kBasicOnly{true, false, false};

Credential Of(AuthTarget target, AuthScheme scheme, const std::string& identity) {
  return {target, scheme, SecretText("u"), SecretText("p"), identity};
}

Reach MakeReach(const std::string& proxies = "") {
  Reach reach;
  reach.user = "alice";
  reach.proxies = *ProxyRules::Parse(proxies, "");
  reach.certificate = "/c.pem";
  for (const AuthTarget target : {AuthTarget::kServer, AuthTarget::kProxy}) {
    const std::string name = target == AuthTarget::kServer ? "server" : "proxy";
    reach.credentials.push_back(Of(target, AuthScheme::kBasic, name + "-basic"));
    reach.credentials.push_back(Of(target, AuthScheme::kNegotiate, name + "-negotiate"));
  }
  return reach;
}

std::string IdentityOf(const Credential* credential) {
  return credential == nullptr ? "" : credential->identity;
}

class RouteTest : public testing::Test {
 protected:
  Route Make(const Reach& reach) { return {std::make_shared<const Reach>(reach), "http://h/f"}; }
};

TEST_F(RouteTest, WithoutAReachARequestIsAnonymousAndDirect) {
  Route route(nullptr, "http://h/f");
  EXPECT_EQ(route.Plan().proxy, "");
  EXPECT_FALSE(route.Answer(401, kAll));
  EXPECT_FALSE(route.Answer(407, kAll));
  EXPECT_FALSE(route.NextProxy());
}

TEST_F(RouteTest, NothingIsSentBeforeSomebodyAsks) {
  const Route route = Make(MakeReach("p"));
  EXPECT_EQ(route.Plan().server_credential, nullptr);
  EXPECT_EQ(route.Plan().proxy_credential, nullptr);
}

TEST_F(RouteTest, TheStrongestOfferedSchemeAnswersOnce) {
  Route route = Make(MakeReach());
  EXPECT_TRUE(route.Answer(401, kAll));
  EXPECT_EQ(IdentityOf(route.Plan().server_credential), "server-negotiate");
  EXPECT_FALSE(route.Answer(401, kAll)) << "it was refused";
  Route basic = Make(MakeReach());
  EXPECT_TRUE(basic.Answer(401, kBasicOnly));
  EXPECT_EQ(IdentityOf(basic.Plan().server_credential), "server-basic");
}

TEST_F(RouteTest, SchemesThatAreNotOfferedAreNotUsed) {
  Route route = Make(MakeReach());
  EXPECT_FALSE(route.Answer(401, {false, true, false}));
  EXPECT_FALSE(route.Answer(401, {}));
  EXPECT_FALSE(route.Answer(403, kAll));
}

TEST_F(RouteTest, OtherOriginsGetNeitherCredentialsNorCertificate) {
  Route route = Make(MakeReach());
  ASSERT_TRUE(route.Answer(401, kAll));
  for (const char* other : {"http://h:81/f", "https://h/f", "http://other/f", "http://h.other/f"}) {
    route.SetUrl(other);
    EXPECT_EQ(route.Plan().server_credential, nullptr) << other;
    EXPECT_EQ(route.Plan().certificate, "") << other;
    EXPECT_FALSE(route.Answer(401, kAll)) << other;
  }
  route.SetUrl("http://h/g");
  EXPECT_EQ(route.Plan().certificate, "/c.pem");
  EXPECT_EQ(route.Plan().server_credential, nullptr) << "it has to ask again";
  EXPECT_TRUE(route.Answer(401, kAll));
  route.SetUrl("http://H:80/again");
  EXPECT_EQ(IdentityOf(route.Plan().server_credential), "server-negotiate");
}

TEST_F(RouteTest, ProxyCredentialsGoToTheProxyThatAsked) {
  Route route = Make(MakeReach("one two"));
  EXPECT_TRUE(route.Answer(407, kBasicOnly));
  EXPECT_EQ(IdentityOf(route.Plan().proxy_credential), "proxy-basic");
  EXPECT_EQ(route.Plan().server_credential, nullptr);
  EXPECT_FALSE(route.Answer(407, kBasicOnly));
  ASSERT_TRUE(route.NextProxy());
  EXPECT_EQ(route.Plan().proxy, "http://two:80");
  EXPECT_EQ(route.Plan().proxy_credential, nullptr);
  EXPECT_FALSE(route.NextProxy());
}

TEST_F(RouteTest, AServerThatPretendsToBeAProxyGetsNothing) {
  Route route = Make(MakeReach());
  EXPECT_FALSE(route.Answer(407, kAll));
}

TEST_F(RouteTest, ARedirectKeepsTheProxyThatWorked) {
  Route route = Make(MakeReach("one two"));
  ASSERT_TRUE(route.NextProxy());
  route.SetUrl("http://other/");
  EXPECT_EQ(route.Plan().proxy, "http://two:80");
}

TEST_F(RouteTest, ConnectionsAreSharedOnlyByTheSameIdentity) {
  Reach alice = MakeReach();
  Reach bob = MakeReach();
  bob.user = "bob";
  Route a = Make(alice);
  const std::string anonymous = a.Plan().connections;
  EXPECT_EQ(anonymous, Make(alice).Plan().connections);
  EXPECT_NE(anonymous, Make(bob).Plan().connections);
  ASSERT_TRUE(a.Answer(401, kBasicOnly));
  const std::string basic = a.Plan().connections;
  EXPECT_NE(anonymous, basic);
  alice.credentials[0].identity = "another setting";
  Route b = Make(alice);
  ASSERT_TRUE(b.Answer(401, kBasicOnly));
  EXPECT_NE(basic, b.Plan().connections);
  alice.certificate.clear();
  EXPECT_NE(anonymous, Make(alice).Plan().connections);
}

}  // namespace
}  // namespace engine::transfer
