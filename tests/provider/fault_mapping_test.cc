#include "provider/fault_mapping.h"

#include <gmock/gmock.h>

namespace provider {
namespace {

using engine::Error;
using engine::ErrorContext;
using engine::HResult;
using testing::HasSubstr;
using testing::Not;
using wsman::FaultCode;

TEST(FaultMappingTest, BadInputIsInvalidParameterWithItsHresultAndSentence) {
  for (const HResult code :
       {HResult::kInvalidArgument, HResult::kNotImplemented, HResult::kStringTooLong,
        HResult::kPathNotFound, HResult::kAccessDenied}) {
    const wsman::Fault fault = ToFault({code, ErrorContext::kNone, "Shorten it."});
    EXPECT_EQ(fault.code, FaultCode::kInvalidParameter);
    EXPECT_EQ(fault.wsman_code, static_cast<std::uint32_t>(code));
    EXPECT_EQ(fault.text, "Shorten it.");
    EXPECT_FALSE(IsReturnValue(code));
  }
}

TEST(FaultMappingTest, JobAndFileLimitsAreQuotaLimit) {
  for (const HResult code : {HResult::kTooManyFiles, HResult::kTooManyFilesInJob,
                             HResult::kTooManyJobsPerUser, HResult::kTooManyJobsPerMachine}) {
    const wsman::Fault fault = ToFault({code, ErrorContext::kNone, "Complete some."});
    EXPECT_EQ(fault.code, FaultCode::kQuotaLimit);
    EXPECT_EQ(fault.wsman_code, static_cast<std::uint32_t>(code));
    EXPECT_EQ(fault.text, "Complete some.");
  }
}

TEST(FaultMappingTest, RefusalsOfBitsItselfAreReturnValues) {
  for (const HResult code :
       {HResult::kPartialComplete, HResult::kUnableToDeleteFiles, HResult::kInvalidState,
        HResult::kEmpty, HResult::kErrorInformationUnavailable, HResult::kResourceLangNotFound})
    EXPECT_TRUE(IsReturnValue(code)) << engine::NameOf(code);
  for (const HResult code : {HResult::kNotFound, HResult::kUnexpected, HResult::kDiskFull,
                             HResult::kTooManyJobsPerUser, engine::HttpError(404)})
    EXPECT_FALSE(IsReturnValue(code)) << engine::NameOf(code);
}

TEST(FaultMappingTest, AMissingJobIsTheSameFaultWhateverTheEngineSays) {
  const wsman::Fault one = ToFault({HResult::kNotFound, ErrorContext::kNone, "job {A} of bob"});
  EXPECT_EQ(one.code, FaultCode::kDestinationUnreachable);
  EXPECT_EQ(one.wsman_code, 2150858752u);
  EXPECT_EQ(one.text, NoSuchJob().text);
  EXPECT_THAT(one.text, Not(HasSubstr("bob")));
}

TEST(FaultMappingTest, InternalMessagesStayInside) {
  for (const HResult code : {HResult::kUnexpected, HResult::kDiskFull, HResult::kWriteFault,
                             HResult::kOutOfMemory, engine::HttpError(500)}) {
    const wsman::Fault fault = ToFault({code, ErrorContext::kNone, "/var/lib/bitsd/bitsd.db"});
    EXPECT_EQ(fault.code, FaultCode::kInternalError);
    EXPECT_EQ(fault.wsman_code, static_cast<std::uint32_t>(code));
    EXPECT_THAT(fault.text, Not(HasSubstr("bitsd.db")));
    EXPECT_THAT(fault.text, HasSubstr(engine::NameOf(code)));
  }
}

TEST(FaultMappingTest, AnErrorWithoutASentenceGetsTheOneOfItsCode) {
  EXPECT_EQ(ToFault({HResult::kStringTooLong, ErrorContext::kNone, ""}).text,
            engine::TextOf(HResult::kStringTooLong));
}

TEST(FaultMappingTest, ARefusedPropertyValueIsAnInvalidRepresentation) {
  const wsman::Fault fault =
      ToPutFault({HResult::kNotImplemented, ErrorContext::kNone, "Priority is 0 to 3."});
  EXPECT_EQ(fault.code, FaultCode::kRepresentationInvalidValues);
  EXPECT_EQ(fault.wsman_code, 0u) << "the catalogue's own number";
  EXPECT_EQ(fault.text, "Priority is 0 to 3.");
  EXPECT_EQ(ToPutFault({HResult::kNotFound, ErrorContext::kNone, ""}).code,
            FaultCode::kDestinationUnreachable);
}

TEST(FaultMappingTest, ASelectorThatIsNotAGuidHasAnInvalidValue) {
  EXPECT_EQ(NotAJobId().code, FaultCode::kSelectorInvalidValue);
  EXPECT_FALSE(NotAJobId().text.empty());
}

}  // namespace
}  // namespace provider
