// The addresses that come with requests and go with replies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dispatcher_fixture.h"

namespace wsman {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string AddressWith(std::string_view name, std::string_view parameters) {
  return "<a:" + std::string(name) +
         "><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>"
         "<a:ReferenceParameters>" +
         std::string(parameters) + "</a:ReferenceParameters></a:" + std::string(name) + ">";
}

constexpr std::string_view kTicket =
    "<t:Ticket xmlns:t=\"urn:t\" n=\"1\" s:mustUnderstand=\"true\"><u/></t:Ticket>"
    "<Plain>7 &lt; 8</Plain>";
constexpr std::string_view kTicketBack =
    "<r:Ticket xmlns:r=\"urn:t\" n=\"1\"><u></u></r:Ticket><Plain>7 &lt; 8</Plain>";

TEST_F(DispatcherTest, ReferenceParametersOfReplyToComeBackInRepliesAndFaults) {
  Message message = Transfer("Get");
  message.reply_to.clear();
  message.headers = AddressWith("ReplyTo", kTicket);
  EXPECT_THAT(ExpectSuccess(message), HasSubstr(std::string(kTicketBack) + "</s:Header>"));
  message.selectors = SelectorXml("Id", "999");
  EXPECT_THAT(Send(message).body, HasSubstr(std::string(kTicketBack) + "</s:Header>"));
}

TEST_F(DispatcherTest, FaultsCarryTheReferenceParametersOfFaultToInstead) {
  Message message = Transfer("Get");
  message.reply_to.clear();
  message.headers = AddressWith("ReplyTo", "<Reply/>") + AddressWith("FaultTo", "<Fault/>");
  EXPECT_THAT(ExpectSuccess(message),
              AllOf(HasSubstr("<Reply></Reply></s:Header>"), Not(HasSubstr("<Fault>"))));
  message.selectors = SelectorXml("Id", "999");
  EXPECT_THAT(Send(message).body,
              AllOf(HasSubstr("<Fault></Fault></s:Header>"), Not(HasSubstr("<Reply>"))));
}

TEST_F(DispatcherTest, AFaultLeavesOutReferenceParametersThatDoNotFit) {
  Message message = Transfer("Get");
  message.selectors = SelectorXml("Id", "999");
  message.reply_to.clear();
  message.headers = AddressWith("ReplyTo", "<Big>" + std::string(9'000, 'x') + "</Big>") +
                    "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>";
  const std::string fault = Send(message).body;
  EXPECT_THAT(fault, HasSubstr("a:DestinationUnreachable"));
  EXPECT_LE(fault.size(), 8'192u);
}

TEST_F(DispatcherTest, TheAddressOfAnInstanceIsToldWhereItIsAskedFor) {
  Message message = Transfer("Get");
  message.headers = "<w:RequestEPR s:mustUnderstand=\"true\"/>";
  const std::string epr = Between(ExpectSuccess(message), "<w:RequestedEPR>", "</w:RequestedEPR>");
  EXPECT_THAT(epr, HasSubstr(">" + std::string(kSensorUri) + "</w:ResourceURI>"));
  EXPECT_THAT(epr, HasSubstr("<w:Selector Name=\"Id\">1</w:Selector>"));
  message = Enumeration("Enumerate", "<n:Enumerate/>");
  message.headers = "<w:RequestEPR/>";
  EXPECT_THAT(ExpectSuccess(message),
              HasSubstr("<w:RequestedEPR><w:EPRUnknown/></w:RequestedEPR>"));
}

}  // namespace
}  // namespace wsman
