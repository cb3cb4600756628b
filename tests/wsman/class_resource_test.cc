#include "wsman/class_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace wsman {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kClassUri = "http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*";

class ClassResourceTest : public ServiceTest {
 protected:
  static Message GetClass(std::string selectors) {
    Message message = Transfer("Get");
    message.uri = kClassUri;
    message.selectors = std::move(selectors);
    return message;
  }

  static Message EnumerateClasses(std::string selectors, std::string_view more = "") {
    Message message = Enumeration("Enumerate", "<n:Enumerate><w:OptimizeEnumeration/>" +
                                                   std::string(more) + "</n:Enumerate>");
    message.uri = kClassUri;
    message.selectors = std::move(selectors);
    return message;
  }

  // The element that starts with `open`, without its end tag.
  static std::string Part(const std::string& xml, std::string_view name, std::string_view end) {
    return Between(xml, " NAME=\"" + std::string(name) + "\"", end);
  }
};

TEST_F(ClassResourceTest, AClassIsTheOnlyElementOfTheBodyAndInNoNamespace) {
  const std::string reply = ExpectSuccess(GetClass(SelectorXml("ClassName", "TestSensor") +
                                                   SelectorXml("__cimnamespace", "root/test")));
  EXPECT_THAT(reply, HasSubstr("<s:Body><CLASS NAME=\"TestSensor\"><QUALIFIER "));
  EXPECT_THAT(reply, HasSubstr("</CLASS></s:Body>"));
  EXPECT_THAT(reply, HasSubstr("transfer/GetResponse</a:Action>"));
  EXPECT_THAT(reply, Not(HasSubstr(" xmlns=")));
}

TEST_F(ClassResourceTest, PropertiesCarryTheirTypeAndQualifiers) {
  const std::string reply = ExpectSuccess(GetClass(SelectorXml("ClassName", "BitsClientJob")));
  const std::string key = Part(reply, "JobId", "</PROPERTY>");
  EXPECT_THAT(key,
              HasSubstr(" TYPE=\"string\" CLASSORIGIN=\"BitsClientJob\" PROPAGATED=\"false\">"));
  EXPECT_THAT(key, HasSubstr("<QUALIFIER NAME=\"key\" TYPE=\"boolean\" OVERRIDABLE=\"false\">"
                             "<VALUE>true</VALUE></QUALIFIER>"));
  EXPECT_THAT(key, HasSubstr("NAME=\"read\""));
  EXPECT_THAT(key, Not(HasSubstr("NAME=\"write\"")));

  const std::string priority = Part(reply, "Priority", "</PROPERTY>");
  EXPECT_THAT(priority, HasSubstr(" TYPE=\"uint32\""));
  EXPECT_THAT(priority, HasSubstr("NAME=\"write\""));
  EXPECT_THAT(priority, Not(HasSubstr("NAME=\"key\"")));
  EXPECT_THAT(priority, HasSubstr("<QUALIFIER NAME=\"ValueMap\" TYPE=\"string\"><VALUE.ARRAY>"
                                  "<VALUE>0</VALUE><VALUE>1</VALUE><VALUE>2</VALUE>"));
  EXPECT_THAT(priority, HasSubstr("<VALUE.ARRAY><VALUE>Foreground</VALUE><VALUE>High</VALUE>"));

  const std::string files = Part(reply, "Files", "</PROPERTY.ARRAY>");
  EXPECT_THAT(reply, HasSubstr("<PROPERTY.ARRAY NAME=\"Files\" TYPE=\"string\""));
  EXPECT_THAT(files, HasSubstr("EmbeddedObject=\"instance\">"));
  EXPECT_THAT(files, HasSubstr("NAME=\"EmbeddedInstance\" TYPE=\"string\" OVERRIDABLE=\"false\">"
                               "<VALUE>BitsClientFile</VALUE>"));
}

TEST_F(ClassResourceTest, MethodsCarryTheirParameters) {
  const std::string reply = ExpectSuccess(GetClass(SelectorXml("ClassName", "BitsClientJob")));
  const std::string create = Part(reply, "CreateJob", "</METHOD>");
  EXPECT_THAT(reply, HasSubstr("<METHOD NAME=\"CreateJob\" TYPE=\"uint32\" CLASSORIGIN="));
  EXPECT_THAT(create, HasSubstr("NAME=\"static\""));
  const std::string suspend = Part(create, "Suspend", "</PARAMETER>");
  EXPECT_THAT(suspend, HasSubstr(" TYPE=\"boolean\"><QUALIFIER NAME=\"in\""));
  EXPECT_THAT(suspend, HasSubstr("NAME=\"optional\""));
  const std::string out = Part(create, "JobId", "</PARAMETER>");
  EXPECT_THAT(out, HasSubstr("NAME=\"out\""));
  EXPECT_THAT(out, Not(HasSubstr("NAME=\"in\"")));
  EXPECT_THAT(reply, HasSubstr("<PARAMETER.ARRAY NAME=\"CertHash\" TYPE=\"uint8\">"));
  EXPECT_THAT(Part(reply, "AddFile", "</METHOD>"), Not(HasSubstr("NAME=\"static\"")));
}

TEST_F(ClassResourceTest, NamesCompareWithoutCaseAndEmbeddedClassesAreKnown) {
  EXPECT_THAT(ExpectSuccess(GetClass(SelectorXml("classname", "bitsclientfile") +
                                     SelectorXml("__CimNamespace", "ROOT\\microsoft\\bits"))),
              HasSubstr("<s:Body><CLASS NAME=\"BitsClientFile\">"));
}

TEST_F(ClassResourceTest, ClassesThatAreNotThereAreFaults) {
  ExpectFault(GetClass(SelectorXml("ClassName", "Win32_Process")), "a:DestinationUnreachable",
              "InvalidResourceURI", "2150858752");
  ExpectFault(GetClass(SelectorXml("ClassName", "TestSensor") +
                       SelectorXml("__cimnamespace", "root/cimv2")),
              "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  ExpectFault(EnumerateClasses(SelectorXml("ClassName", "Win32_Process")),
              "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
}

TEST_F(ClassResourceTest, GetNeedsExactlyTheSelectorsOfAClass) {
  ExpectFault(GetClass(""), "w:InvalidSelectors", "InsufficientSelectors", "2150858842");
  ExpectFault(GetClass(SelectorXml("ClassName", "")), "w:InvalidSelectors", "InsufficientSelectors",
              "2150858842");
  ExpectFault(GetClass(SelectorXml("ClassName", "TestSensor") + SelectorXml("Id", "1")),
              "w:InvalidSelectors", "UnexpectedSelectors", "2150858843");
  ExpectFault(
      GetClass(SelectorXml("ClassName", "TestSensor") + SelectorXml("CLASSNAME", "TestSensor")),
      "w:InvalidSelectors", "DuplicateSelectors", "2150858847");
}

TEST_F(ClassResourceTest, AllClassesOfANamespaceAreEnumerated) {
  for (const std::string& empty : {SelectorXml("ClassName", ""), std::string()}) {
    const std::string reply =
        ExpectSuccess(EnumerateClasses(empty + SelectorXml("__cimnamespace", "root/test")));
    EXPECT_THAT(reply, HasSubstr("<w:Items><CLASS NAME=\"TestSensor\">"));
    EXPECT_THAT(reply, HasSubstr("</CLASS><CLASS NAME=\"TestPart\">"));
    EXPECT_THAT(reply, HasSubstr("</CLASS></w:Items><w:EndOfSequence/>"));
    EXPECT_THAT(reply, Not(HasSubstr("NAME=\"BitsClientJob\"")));
  }
  EXPECT_THAT(ExpectSuccess(EnumerateClasses("")), HasSubstr("<CLASS NAME=\"BitsClientJob\">"));
  EXPECT_THAT(ExpectSuccess(EnumerateClasses(SelectorXml("ClassName", "TestSensor"))),
              HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
}

TEST_F(ClassResourceTest, ClassesArePulledOneByOne) {
  Message enumerate = EnumerateClasses(SelectorXml("__cimnamespace", "root/test"));
  enumerate.body = "<n:Enumerate/>";
  const std::string context = Between(ExpectSuccess(enumerate), "<n:EnumerationContext>", "<");
  Message pull = Enumeration(
      "Pull", "<n:Pull><n:EnumerationContext>" + context + "</n:EnumerationContext></n:Pull>");
  pull.uri = kClassUri;
  const std::string reply = ExpectSuccess(pull);
  EXPECT_THAT(reply, HasSubstr("<n:Items><CLASS NAME=\"TestSensor\">"));
  EXPECT_THAT(reply, Not(HasSubstr("TestPart\"><QUALIFIER")));
  EXPECT_THAT(reply, Not(HasSubstr("EndOfSequence")));
}

TEST_F(ClassResourceTest, ClassesHaveNoAddressesNoFiltersAndNoFragments) {
  ExpectFault(EnumerateClasses("", "<w:EnumerationMode>EnumerateEPR</w:EnumerationMode>"),
              "w:UnsupportedFeature", "EnumerationMode", "2150858886");
  ExpectFault(EnumerateClasses("", "<w:Filter>x</w:Filter>"), "n:FilteringNotSupported", "",
              "2150858776");
  Message fragment = GetClass(SelectorXml("ClassName", "TestSensor"));
  fragment.headers = "<w:FragmentTransfer s:mustUnderstand=\"true\">Id</w:FragmentTransfer>";
  ExpectFault(fragment, "w:UnsupportedFeature", "FragmentLevelAccess", "2150858871");
}

TEST_F(ClassResourceTest, ClassesAreOnlyRead) {
  for (const char* verb : {"Put", "Delete", "Create"}) {
    Message message = Transfer(verb);
    message.uri = kClassUri;
    message.selectors = SelectorXml("ClassName", "TestSensor");
    message.body = "<CLASS/>";
    ExpectFault(message, "a:ActionNotSupported", "", "2150858771");
  }
}

TEST_F(ClassResourceTest, TheRoleDecidesBeforeTheClassIsLookedUp) {
  authorizer_.forbidden = {Operation::kGet, Operation::kEnumerate};
  ExpectFault(GetClass(SelectorXml("ClassName", "Nope")), "w:AccessDenied", "", "5");
  ExpectFault(EnumerateClasses(""), "w:AccessDenied", "", "5");
}

}  // namespace
}  // namespace wsman
