#include "wsman/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsman {
namespace {

using testing::Optional;

constexpr std::string_view kBits =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob";
constexpr std::string_view kDmtf =
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/BitsClientJob";

TEST(ActionTest, FixedActionsAreFoundByTheirUri) {
  EXPECT_THAT(FixedOperation("http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"),
              Optional(Operation::kGet));
  EXPECT_THAT(FixedOperation("http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull"),
              Optional(Operation::kPull));
}

TEST(ActionTest, EveryFixedOperationIsFoundAgainByItsUri) {
  for (const Operation operation :
       {Operation::kGet, Operation::kPut, Operation::kDelete, Operation::kCreate,
        Operation::kEnumerate, Operation::kPull, Operation::kRelease, Operation::kSubscribe,
        Operation::kUnsubscribe, Operation::kRenew, Operation::kGetStatus})
    EXPECT_THAT(FixedOperation(ActionUri(operation)), Optional(operation));
  EXPECT_EQ(ActionUri(Operation::kIdentify), "");
  EXPECT_EQ(ActionUri(Operation::kInvoke), "");
}

TEST(ActionTest, OtherActionsAreNotFixed) {
  EXPECT_EQ(FixedOperation(""), std::nullopt);
  EXPECT_EQ(FixedOperation("http://schemas.xmlsoap.org/ws/2004/09/transfer/Bogus"), std::nullopt);
  EXPECT_EQ(FixedOperation("http://schemas.xmlsoap.org/ws/2004/09/transfer/GetResponse"),
            std::nullopt);
}

TEST(ActionTest, AMethodActionIsTheResourceUriAndTheMethod) {
  EXPECT_THAT(MethodOf(std::string(kBits) + "/CreateJob", kBits),
              Optional(std::string("CreateJob")));
}

TEST(ActionTest, TheResourcePartOfAMethodActionIsComparedWithoutCase) {
  EXPECT_THAT(MethodOf("HTTP://schemas.microsoft.com/wbem/wsman/1/WMI/Root/Microsoft/BITS/"
                       "bitsclientjob/setjobstate",
                       kBits),
              Optional(std::string("setjobstate")));
}

TEST(ActionTest, AMethodActionMayUseTheOtherFamily) {
  EXPECT_THAT(MethodOf(std::string(kDmtf) + "/AddFile", kBits), Optional(std::string("AddFile")));
  EXPECT_THAT(MethodOf(std::string(kBits) + "/AddFile", kDmtf), Optional(std::string("AddFile")));
  EXPECT_THAT(MethodOf("wmi/root/microsoft/bits/BitsClientJob/AddFile", kBits),
              Optional(std::string("AddFile")));
}

TEST(ActionTest, ABareNameIsAMethod) {
  EXPECT_THAT(MethodOf("SetJobState", kBits), Optional(std::string("SetJobState")));
}

TEST(ActionTest, AnActionOfAnotherResourceIsNoMethodOfThisOne) {
  EXPECT_EQ(MethodOf("http://example.org/Nothing", kBits), std::nullopt);
  EXPECT_EQ(
      MethodOf("http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/BitsClientJob/AddFile",
               kBits),
      std::nullopt);
  EXPECT_EQ(MethodOf(std::string(kBits) + "/", kBits), std::nullopt);
  EXPECT_EQ(MethodOf("http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", kBits), std::nullopt);
  EXPECT_EQ(MethodOf("", kBits), std::nullopt);
  EXPECT_EQ(MethodOf("urn:x", kBits), std::nullopt);
}

}  // namespace
}  // namespace wsman
