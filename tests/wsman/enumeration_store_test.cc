#include "wsman/enumeration_store.h"

#include <set>

#include <gtest/gtest.h>

namespace wsman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class EnumerationStoreTest : public testing::Test {
 protected:
  static std::unique_ptr<Enumeration> Some() {
    return std::make_unique<Enumeration>(ReadyItems({}));
  }
  Result<std::string> Add(const std::string& principal) {
    return store_.Add({principal, "uri"}, Some(), std::nullopt);
  }
  FaultCode TakeFault(const std::string& context, const ContextOwner& owner) {
    const auto lease = store_.Take(context, owner);
    EXPECT_FALSE(lease.has_value());
    return lease ? FaultCode::kInternalError : lease.error().code;
  }

  std::chrono::steady_clock::time_point now_{seconds(1'000)};
  EnumerationStore store_{EnumerationLimits{}, [this] { return now_; }};
  const ContextOwner alice_{"alice", "uri"};
};

TEST_F(EnumerationStoreTest, ContextsAre128RandomBits) {
  std::set<std::string> contexts;
  for (int i = 0; i < 64; ++i) contexts.insert(*Add("alice"));
  EXPECT_EQ(contexts.size(), 64U);
  EXPECT_EQ(contexts.begin()->size(), 41U);
}

TEST_F(EnumerationStoreTest, AContextIsGoodForOneUse) {
  const std::string first = *Add("alice");
  std::string second;
  {
    auto lease = store_.Take(first, alice_);
    ASSERT_TRUE(lease.has_value());
    second = lease->Renew();
  }
  EXPECT_NE(first, second);
  EXPECT_EQ(TakeFault(first, alice_), FaultCode::kInvalidEnumerationContext);
  EXPECT_TRUE(store_.Take(second, alice_).has_value());
}

TEST_F(EnumerationStoreTest, AFailedPullLeavesTheContextGood) {
  const std::string context = *Add("alice");
  EXPECT_TRUE(store_.Take(context, alice_).has_value());
  EXPECT_TRUE(store_.Take(context, alice_).has_value());
}

TEST_F(EnumerationStoreTest, AFinishedContextIsGone) {
  const std::string context = *Add("alice");
  store_.Take(context, alice_)->Finish();
  EXPECT_EQ(TakeFault(context, alice_), FaultCode::kInvalidEnumerationContext);
}

TEST_F(EnumerationStoreTest, ForeignAndUnknownContextsGiveTheSameFault) {
  const std::string context = *Add("alice");
  const Fault unknown = store_.Take("uuid:0", alice_).error();
  for (const ContextOwner& other : {ContextOwner{"bob", "uri"}, ContextOwner{"alice", "other"}}) {
    const auto lease = store_.Take(context, other);
    ASSERT_FALSE(lease.has_value());
    EXPECT_EQ(lease.error().code, unknown.code);
    EXPECT_EQ(lease.error().text, unknown.text);
    EXPECT_EQ(store_.Release(context, other).error().text, unknown.text);
  }
  EXPECT_TRUE(store_.Take(context, {"alice", "URI"}).has_value());
}

TEST_F(EnumerationStoreTest, TwoPullsAtATimeAreAFault) {
  const std::string context = *Add("alice");
  const auto lease = store_.Take(context, alice_);
  EXPECT_EQ(TakeFault(context, alice_), FaultCode::kConcurrency);
  EXPECT_EQ(store_.Release(context, alice_).error().code, FaultCode::kConcurrency);
  EXPECT_EQ(TakeFault(context, {"bob", "uri"}), FaultCode::kInvalidEnumerationContext);
}

TEST_F(EnumerationStoreTest, AReleasedContextIsGone) {
  const std::string context = *Add("alice");
  EXPECT_TRUE(store_.Release(context, alice_).has_value());
  EXPECT_EQ(store_.Release(context, alice_).error().code, FaultCode::kInvalidEnumerationContext);
}

TEST_F(EnumerationStoreTest, APrincipalHasAtMost64Contexts) {
  for (int i = 0; i < 63; ++i) ASSERT_TRUE(Add("alice").has_value());
  const std::string last = *Add("alice");
  EXPECT_EQ(Add("alice").error().code, FaultCode::kQuotaLimit);
  EXPECT_TRUE(Add("bob").has_value());
  EXPECT_TRUE(store_.Release(last, alice_).has_value());
  EXPECT_TRUE(Add("alice").has_value());
}

TEST_F(EnumerationStoreTest, ThereAreAtMost1024Contexts) {
  for (int i = 0; i < 1'023; ++i) ASSERT_TRUE(Add("user" + std::to_string(i / 64)).has_value());
  EXPECT_TRUE(Add("alice").has_value());
  EXPECT_EQ(Add("bob").error().code, FaultCode::kQuotaLimit);
}

TEST_F(EnumerationStoreTest, AnIdleContextExpiresAfterAMinute) {
  std::string context = *Add("alice");
  now_ += milliseconds(59'999);
  context = store_.Take(context, alice_)->Renew();
  now_ += milliseconds(59'999);
  EXPECT_TRUE(store_.Take(context, alice_).has_value());
  now_ += milliseconds(60'000);
  EXPECT_EQ(TakeFault(context, alice_), FaultCode::kInvalidEnumerationContext);
}

TEST_F(EnumerationStoreTest, AContextThatIsUsedExpiresAfterTenMinutes) {
  std::string context = *Add("alice");
  for (int i = 0; i < 19; ++i) {
    now_ += seconds(30);
    context = store_.Take(context, alice_)->Renew();
  }
  now_ += milliseconds(29'999);
  context = store_.Take(context, alice_)->Renew();
  now_ += milliseconds(1);
  EXPECT_EQ(TakeFault(context, alice_), FaultCode::kInvalidEnumerationContext);
}

TEST_F(EnumerationStoreTest, ExpiresShortensTheLifeButNeverLengthensIt) {
  const std::string shorter = *store_.Add(alice_, Some(), seconds(5));
  now_ += seconds(5);
  EXPECT_EQ(TakeFault(shorter, alice_), FaultCode::kInvalidEnumerationContext);
}

TEST_F(EnumerationStoreTest, ExpiredContextsMakeRoom) {
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(Add("alice").has_value());
  now_ += seconds(60);
  EXPECT_TRUE(Add("alice").has_value());
}

}  // namespace
}  // namespace wsman
