#include "wsman/header_rules.h"

#include <gtest/gtest.h>

#include "wsman/namespaces.h"
#include "wsman/quoted.h"

namespace wsman {
namespace {

using std::chrono::milliseconds;

Request GoodRequest() {
  Request request;
  request.action = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get";
  request.to = "/wsman";
  request.message_id = "0";
  request.reply_to = std::string(ns::kAnonymous);
  return request;
}

FaultCode CodeOf(const Request& request) {
  const auto terms = CheckHeaders(request, {});
  EXPECT_FALSE(terms.has_value());
  return terms ? FaultCode::kInternalError : terms.error().code;
}

std::string HeaderOf(const Request& request) {
  const auto terms = CheckHeaders(request, {});
  return terms ? "" : terms.error().header_name;
}

TEST(HeaderRulesTest, FourHeadersAreEnough) {
  const auto terms = CheckHeaders(GoodRequest(), {});
  ASSERT_TRUE(terms.has_value());
  EXPECT_EQ(terms->timeout, milliseconds(60'000));
  EXPECT_EQ(terms->max_reply_bytes, 512'000U);
}

TEST(HeaderRulesTest, AMissingHeaderIsNamed) {
  Request request = GoodRequest();
  request.reply_to.reset();
  EXPECT_EQ(HeaderOf(request), "a:ReplyTo");
  request.message_id = " ";
  EXPECT_EQ(HeaderOf(request), "a:MessageID");
  request.to.reset();
  EXPECT_EQ(HeaderOf(request), "a:To");
  request.action.reset();
  EXPECT_EQ(HeaderOf(request), "a:Action");
  EXPECT_EQ(CodeOf(request), FaultCode::kHeaderRequired);
}

TEST(HeaderRulesTest, RepeatedHeadersComeBeforeUnknownOnesAndThoseBeforeMissingOnes) {
  Request request;
  EXPECT_EQ(CodeOf(request), FaultCode::kHeaderRequired);
  request.not_understood.push_back({"urn:z", "Strange"});
  EXPECT_EQ(CodeOf(request), FaultCode::kMustUnderstand);
  request.duplicate_headers.emplace_back("MessageID");
  EXPECT_EQ(CodeOf(request), FaultCode::kInvalidHeader);
}

TEST(HeaderRulesTest, AHeaderThatIsNotUnderstoodIsNamedWithItsNamespace) {
  Request request = GoodRequest();
  request.not_understood.push_back({"urn:z", "Strange"});
  const auto terms = CheckHeaders(request, {});
  ASSERT_FALSE(terms.has_value());
  EXPECT_EQ(terms.error().header_name, "Strange");
  EXPECT_EQ(terms.error().header_namespace, "urn:z");
}

TEST(HeaderRulesTest, AnswersGoToTheAnonymousAddressOnly) {
  Request request = GoodRequest();
  request.fault_to = std::string(ns::kAnonymous);
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.fault_to = "http://10.0.0.1/";
  EXPECT_EQ(CodeOf(request), FaultCode::kUnsupportedAddressingMode);
  request.fault_to.reset();
  request.reply_to = "http://10.0.0.1/";
  EXPECT_EQ(CodeOf(request), FaultCode::kUnsupportedAddressingMode);
}

TEST(HeaderRulesTest, UrisHaveAtMost2048Octets) {
  Request request = GoodRequest();
  request.resource_uri = std::string(2'048, 'u');
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.resource_uri->push_back('u');
  EXPECT_EQ(CodeOf(request), FaultCode::kUriLimitExceeded);
}

TEST(HeaderRulesTest, ThereAreAtMost64Selectors) {
  Request request = GoodRequest();
  request.selectors.assign(64, {"k", "v"});
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.selectors.push_back({"k", "v"});
  EXPECT_EQ(CodeOf(request), FaultCode::kSelectorLimit);
}

TEST(HeaderRulesTest, ASelectorHasAtMost4096Octets) {
  Request request = GoodRequest();
  request.selectors = {{"k", std::string(4'095, 'v')}};
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.selectors = {{"k", std::string(4'096, 'v')}};
  EXPECT_EQ(CodeOf(request), FaultCode::kSelectorLimit);
}

TEST(HeaderRulesTest, ThereAreAtMost256Options) {
  Request request = GoodRequest();
  request.options.assign(256, {"o", "v", true});
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.options.push_back({"o", "v", true});
  EXPECT_EQ(CodeOf(request), FaultCode::kOptionLimit);
}

TEST(HeaderRulesTest, TheClientMustAccept8192Octets) {
  Request request = GoodRequest();
  for (const bool must_understand : {false, true}) {
    request.max_envelope_size = {"8191", must_understand};
    EXPECT_EQ(CodeOf(request), FaultCode::kMinimumEnvelopeLimit);
  }
  request.max_envelope_size = {"8192", true};
  EXPECT_EQ(CheckHeaders(request, {})->max_reply_bytes, 8'192U);
  request.max_envelope_size = {"8193", true};
  EXPECT_EQ(CheckHeaders(request, {})->max_reply_bytes, 8'193U);
}

TEST(HeaderRulesTest, RepliesNeverExceedTheServicesOwnLimit) {
  Request request = GoodRequest();
  request.max_envelope_size = {"512001", true};
  EXPECT_EQ(CheckHeaders(request, {})->max_reply_bytes, 512'000U);
  request.max_envelope_size = {"99999999999999999999999999", true};
  EXPECT_EQ(CheckHeaders(request, {})->max_reply_bytes, 512'000U);
}

TEST(HeaderRulesTest, MaxEnvelopeSizeIsANumber) {
  Request request = GoodRequest();
  for (const char* text : {"", "many", "-1", "8192.5"}) {
    request.max_envelope_size = {text, true};
    EXPECT_EQ(CodeOf(request), FaultCode::kInvalidHeader) << text;
  }
}

TEST(HeaderRulesTest, TheTimeoutMovesIntoTheSupportedRange) {
  Request request = GoodRequest();
  const auto timeout = [&request](const char* text) {
    request.operation_timeout = {text, false};
    return CheckHeaders(request, {})->timeout;
  };
  EXPECT_EQ(timeout("PT20S"), milliseconds(20'000));
  EXPECT_EQ(timeout("PT60.001S"), milliseconds(60'000));
  EXPECT_EQ(timeout("PT59.999S"), milliseconds(59'999));
  EXPECT_EQ(timeout("PT0.501S"), milliseconds(501));
  EXPECT_EQ(timeout("PT0.499S"), milliseconds(500));
  EXPECT_EQ(timeout("PT0S"), milliseconds(500));
}

TEST(HeaderRulesTest, ATimeoutThatIsNoDurationIsAFault) {
  Request request = GoodRequest();
  for (const char* text : {"2026-01-01T00:00:00Z", "P60.000S", "60", ""}) {
    request.operation_timeout = {text, false};
    EXPECT_EQ(CodeOf(request), FaultCode::kInvalidTimeout) << text;
  }
}

TEST(HeaderRulesTest, ALocaleIsAHintUnlessItMustBeUnderstood) {
  Request request = GoodRequest();
  request.locale = {"de-DE", false};
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.locale = {"en-US", true};
  EXPECT_EQ(CodeOf(request), FaultCode::kUnsupportedLocale);
}

TEST(HeaderRulesTest, AFragmentMustBeUnderstoodAndWrittenInXPath) {
  Request request = GoodRequest();
  request.fragment = {"Name", true};
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.fragment_dialect = "http://www.w3.org/TR/1999/REC-xpath-19991116";
  EXPECT_TRUE(CheckHeaders(request, {}).has_value());
  request.fragment_dialect = "urn:other";
  EXPECT_EQ(CodeOf(request), FaultCode::kFragmentDialectNotSupported);
  request.fragment = {"Name", false};
  EXPECT_EQ(CodeOf(request), FaultCode::kInvalidHeader);
}

TEST(HeaderRulesTest, QuotedTextsAreCutBetweenCharacters) {
  EXPECT_EQ(Quoted(std::string(80, 'x')), "'" + std::string(80, 'x') + "'");
  EXPECT_EQ(Quoted(std::string(81, 'x')), "'" + std::string(80, 'x') + "…'");
  EXPECT_EQ(Quoted(std::string(79, 'x') + "äx"), "'" + std::string(79, 'x') + "…'");
}

TEST(HeaderRulesTest, FaultsDoNotRepeatLongClientTexts) {
  Request request = GoodRequest();
  request.operation_timeout = {std::string(100'000, 'x'), false};
  EXPECT_LT(CheckHeaders(request, {}).error().text.size(), 300U);
}

}  // namespace
}  // namespace wsman
