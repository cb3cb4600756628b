#include "wsman/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace wsman {
namespace {

constexpr auto kLast = FaultCode::kPolymorphismModeNotSupported;

TEST(FaultTest, EveryCodeHasARowOfItsOwn) {
  for (int i = 0; i <= static_cast<int>(kLast); ++i)
    EXPECT_EQ(RowOf(static_cast<FaultCode>(i)).code, static_cast<FaultCode>(i));
}

TEST(FaultTest, NoTwoRowsSayTheSame) {
  std::set<std::pair<std::string_view, std::string_view>> meanings;
  std::set<std::uint32_t> numbers;
  for (int i = 2; i <= static_cast<int>(kLast); ++i) {
    const FaultRow& row = RowOf(static_cast<FaultCode>(i));
    EXPECT_TRUE(meanings.insert({row.subcode, row.detail}).second) << row.subcode << row.detail;
    EXPECT_TRUE(numbers.insert(row.wsman_code).second) << row.wsman_code;
  }
}

TEST(FaultTest, OnlyTheTwoSoapCodesHaveNoSubcode) {
  for (int i = 0; i <= static_cast<int>(kLast); ++i) {
    const auto code = static_cast<FaultCode>(i);
    const bool soap = code == FaultCode::kVersionMismatch || code == FaultCode::kMustUnderstand;
    EXPECT_EQ(RowOf(code).subcode.empty(), soap) << i;
  }
}

TEST(FaultTest, FaultsOfTheServiceItselfAreReceivers) {
  for (const FaultCode code : {FaultCode::kInternalError, FaultCode::kEndpointUnavailable,
                               FaultCode::kTimedOut, FaultCode::kInvalidEnumerationContext,
                               FaultCode::kFragmentDialectNotSupported, FaultCode::kUnableToRenew})
    EXPECT_TRUE(RowOf(code).receiver);
  EXPECT_FALSE(RowOf(FaultCode::kAccessDenied).receiver);
  EXPECT_FALSE(RowOf(FaultCode::kDestinationUnreachable).receiver);
}

TEST(FaultTest, NumbersAreThoseOfWindows) {
  EXPECT_EQ(RowOf(FaultCode::kDestinationUnreachable).wsman_code, 2150858752u);
  EXPECT_EQ(RowOf(FaultCode::kTimedOut).wsman_code, 2150858793u);
  EXPECT_EQ(RowOf(FaultCode::kAccessDenied).wsman_code, 5u);
  EXPECT_EQ(RowOf(FaultCode::kUnexpectedSelectors).wsman_code, 2150858843u);
}

TEST(FaultTest, TheNamespaceOfTheSubcodeDecidesTheAction) {
  EXPECT_EQ(FaultAction(FaultCode::kActionNotSupported),
            "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault");
  EXPECT_EQ(FaultAction(FaultCode::kAccessDenied),
            "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault");
  EXPECT_EQ(FaultAction(FaultCode::kInvalidRepresentation),
            "http://schemas.xmlsoap.org/ws/2004/09/transfer/fault");
  EXPECT_EQ(FaultAction(FaultCode::kInvalidEnumerationContext),
            "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault");
  EXPECT_EQ(FaultAction(FaultCode::kDeliveryModeUnavailable),
            "http://schemas.xmlsoap.org/ws/2004/08/eventing/fault");
}

TEST(FaultTest, SoapsOwnFaultsAndTheCimBindingBorrowAnAction) {
  EXPECT_EQ(FaultAction(FaultCode::kMustUnderstand),
            "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault");
  EXPECT_EQ(FaultAction(FaultCode::kVersionMismatch),
            "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault");
  EXPECT_EQ(FaultAction(FaultCode::kPolymorphismModeNotSupported),
            "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault");
  EXPECT_EQ(FaultAction(FaultCode::kInvalidHeader),
            "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault");
  EXPECT_EQ(FaultAction(FaultCode::kInvalidTimeout),
            "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault");
}

TEST(FaultTest, FailCarriesCodeTextAndNumber) {
  const Result<int> result = Fail(FaultCode::kInvalidParameter, "Say it.", 0x80070057u);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter);
  EXPECT_EQ(result.error().text, "Say it.");
  EXPECT_EQ(result.error().wsman_code, 0x80070057u);
}

}  // namespace
}  // namespace wsman
