#include "engine/error.h"

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/error_table.h"

namespace engine {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

HResult Code(std::uint32_t number) { return static_cast<HResult>(number); }

TEST(ErrorTest, CodesHaveTheNamesOfTheHeaders) {
  EXPECT_EQ(NameOf(HResult::kOk), "S_OK");
  EXPECT_EQ(NameOf(HResult::kInvalidArgument), "E_INVALIDARG");
  EXPECT_EQ(NameOf(HResult::kEmpty), "BG_E_EMPTY");
  EXPECT_EQ(NameOf(HResult::kPartialComplete), "BG_S_PARTIAL_COMPLETE");
  EXPECT_EQ(NameOf(HResult::kTooManyJobsPerMachine), "BG_E_TOO_MANY_JOBS_PER_MACHINE");
  EXPECT_EQ(NameOf(HResult::kNameNotResolved), "ERROR_WINHTTP_NAME_NOT_RESOLVED");
  EXPECT_EQ(NameOf(Code(0x80200076)), "BG_E_ERROR_CONTEXT_SERVER_CERTIFICATE_CALLBACK");
}

TEST(ErrorTest, HttpErrorsCarryStatusAndReasonPhrase) {
  EXPECT_EQ(HttpError(404), Code(0x80190194));
  EXPECT_EQ(NameOf(HttpError(404)), "BG_E_HTTP_ERROR_404");
  EXPECT_EQ(TextOf(Code(0x80190193)), "Forbidden (403).");
  EXPECT_EQ(TextOf(HttpError(500)), "Internal server error (500).");
  EXPECT_EQ(TextOf(HttpError(599)), "The server answered with the HTTP status 599.");
}

TEST(ErrorTest, HttpErrorsReachFrom100To999) {
  EXPECT_EQ(NameOf(HttpError(99)), "HRESULT 0x80190063");
  EXPECT_EQ(NameOf(HttpError(100)), "BG_E_HTTP_ERROR_100");
  EXPECT_EQ(NameOf(HttpError(999)), "BG_E_HTTP_ERROR_999");
  EXPECT_EQ(NameOf(HttpError(1000)), "HRESULT 0x801903E8");
}

TEST(ErrorTest, UnknownCodesShowTheirNumber) {
  EXPECT_EQ(NameOf(Code(0xDEADBEEF)), "HRESULT 0xDEADBEEF");
  EXPECT_EQ(TextOf(Code(0x8007ABCD)), "An error with the code 0x8007ABCD occurred.");
}

TEST(ErrorTest, EveryRowHasANameOfItsOwnAndASentence) {
  std::set<std::string_view> names;
  for (const CodeRow& row : CodeTable()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_THAT(std::string(row.text), EndsWith(".")) << row.name;
    EXPECT_EQ(NameOf(Code(row.code)), row.name);
    EXPECT_EQ(TextOf(Code(row.code)), row.text);
  }
}

TEST(ErrorTest, SuccessIsTheHighestBit) {
  EXPECT_TRUE(Succeeded(HResult::kFalse));
  EXPECT_TRUE(Succeeded(HResult::kPartialComplete));
  EXPECT_FALSE(Succeeded(HResult::kNotImplemented));
  EXPECT_FALSE(Succeeded(HttpError(404)));
}

TEST(ErrorTest, ContextsHaveNamesAndTexts) {
  EXPECT_EQ(NameOf(ErrorContext::kNone), "BG_ERROR_CONTEXT_NONE");
  EXPECT_EQ(NameOf(ErrorContext::kRemoteFile), "BG_ERROR_CONTEXT_REMOTE_FILE");
  EXPECT_EQ(NameOf(ErrorContext::kServerCertificateCallback),
            "BG_ERROR_CONTEXT_SERVER_CERTIFICATE_CALLBACK");
  EXPECT_THAT(std::string(TextOf(ErrorContext::kLocalFile)), HasSubstr("local file"));
  EXPECT_EQ(NameOf(static_cast<ErrorContext>(9)), "BG_ERROR_CONTEXT_UNKNOWN");
}

TEST(ErrorTest, TheDocumentIsWhatTheTablesPrint) {
  std::ifstream file(SOURCE_DIRECTORY "/docs/error-codes.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(document, ErrorCodesMarkdown());
}

}  // namespace
}  // namespace engine
