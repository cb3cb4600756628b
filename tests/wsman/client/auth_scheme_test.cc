#include "wsman/client/auth_scheme.h"

#include <gmock/gmock.h>

namespace wsman::client {
namespace {

using ::testing::Optional;

TEST(OffersTest, EverySchemeIsFoundInHeadersOfItsOwnAndInOne) {
  for (const std::vector<std::string>& headers :
       {std::vector<std::string>{"Negotiate", "Kerberos", "Basic realm=\"WSMAN\""},
        std::vector<std::string>{"negotiate, KERBEROS , basic realm=\"a, Digest b\", charset=x"}}) {
    const Offers offers(headers);
    EXPECT_TRUE(offers.Has(Scheme::kNegotiate));
    EXPECT_TRUE(offers.Has(Scheme::kKerberos));
    EXPECT_TRUE(offers.Has(Scheme::kBasic));
  }
  EXPECT_EQ(Offers({"Negotiate", "CredSSP, Basic realm=\"x\""}).Names(),
            "Negotiate, CredSSP, Basic");
}

TEST(OffersTest, WithoutAHeaderNothingIsOffered) {
  EXPECT_EQ(Offers({}).Names(), "nothing");
  EXPECT_EQ(Offers({"", ",,", "realm=\"x\""}).Names(), "nothing");
  EXPECT_FALSE(Offers({"NegotiateX"}).Has(Scheme::kNegotiate));
}

TEST(OffersTest, ATokenIsDecodedAndAnythingElseIsNone) {
  EXPECT_THAT(Offers({"Basic realm=\"x\"", "Negotiate YWJj"}).TokenFor(Scheme::kNegotiate),
              Optional(std::string("abc")));
  EXPECT_FALSE(Offers({"Negotiate"}).TokenFor(Scheme::kNegotiate));
  EXPECT_FALSE(Offers({"Negotiate ***"}).TokenFor(Scheme::kNegotiate));
  EXPECT_FALSE(Offers({"Kerberos YWJj"}).TokenFor(Scheme::kNegotiate));
}

}  // namespace
}  // namespace wsman::client
