#include "wsman/xml/instance_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "schema/bits_classes.h"
#include "wsman/namespaces.h"
#include "wsman/xml/class_writer.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace wsman::xml {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const ResourceUri kWmi = *ParseResourceUri(
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob");
const ResourceUri kDmtf =
    *ParseResourceUri("http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/BitsClientJob");

void Set(schema::Instance& instance, std::string_view name, schema::Value value) {
  const schema::Property* property = schema::FindProperty(*instance.type, name);
  ASSERT_NE(property, nullptr) << name;
  instance.values[static_cast<std::size_t>(property - instance.type->properties.data())] =
      std::move(value);
}

schema::Instance Empty(const schema::Class& type) {
  return {&type, std::vector<schema::Value>(type.properties.size())};
}

schema::Instance File(std::string url) {
  schema::Instance file = Empty(schema::BitsClientFile());
  Set(file, "RemoteUrl", std::move(url));
  Set(file, "LocalFile", std::string("C:\\f"));
  Set(file, "BytesTotal", std::uint64_t{18446744073709551615u});
  Set(file, "BytesTransferred", std::uint64_t{0});
  Set(file, "Completed", false);
  return file;
}

schema::Instance Job() {
  schema::Instance job = Empty(schema::BitsClientJob());
  for (std::size_t i = 0; i < job.values.size(); ++i) {
    const schema::Type type = job.type->properties[i].type;
    if (type == schema::Type::kString) job.values[i] = std::string("t");
    if (type != schema::Type::kString && type != schema::Type::kInstance)
      job.values[i] = std::uint64_t{i};
  }
  Set(job, "JobId", std::string("{327C1E84-ABC3-475D-A5D3-E7ED09806523}"));
  Set(job, "Description", schema::Value());
  Set(job, "Files", std::vector<schema::Instance>{File("http://s/1?a&b")});
  return job;
}

// The element as the body of an envelope, read back.
Element Read(const std::string& xml) {
  const std::string document = WriteEnvelope({"urn:a", {}, {}, {}}, xml);
  EXPECT_TRUE(CheckDocument(document)) << document;
  const Result<Request> request = ParseEnvelope(document);
  EXPECT_TRUE(request && request->body) << document;
  return request ? request->body.value_or(Element{}) : Element{};
}

std::vector<std::string> NamesOf(const Element& element) {
  std::vector<std::string> names;
  for (const Element& child : element.children) names.push_back(child.name);
  return names;
}

// The part of the document between the root's start tag and its end tag.
std::string Inside(const std::string& xml) {
  const auto start = xml.find('>') + 1;
  return xml.substr(start, xml.rfind("</") - start);
}

TEST(InstanceWriterTest, TheRootDeclaresEveryNamespaceAndTheType) {
  EXPECT_THAT(WriteInstance(Job(), kWmi),
              StartsWith("<p:BitsClientJob xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                         "xmlns:p=\"" +
                         kWmi.text +
                         "\" "
                         "xmlns:cim=\"http://schemas.dmtf.org/wbem/wscim/1/common\" "
                         "xsi:type=\"p:BitsClientJob_Type\" xml:lang=\"en-US\">"));
}

TEST(InstanceWriterTest, AWmiScalarHasNoAttribute) {
  schema::Instance job = Job();
  Set(job, "Files", std::vector<schema::Instance>{});
  Set(job, "Description", std::string("d"));
  const std::string inside = Inside(WriteInstance(job, kWmi));
  EXPECT_THAT(inside, Not(HasSubstr("=\"")));
  EXPECT_THAT(inside, HasSubstr("<p:State>15</p:State>"));
  EXPECT_THAT(inside, Not(HasSubstr("xmlns")));
}

TEST(InstanceWriterTest, NilHasTheLiteralPrefixXsiAndNothingElse) {
  EXPECT_THAT(WriteInstance(Job(), kWmi), HasSubstr("<p:Description xsi:nil=\"true\"/>"));
}

TEST(InstanceWriterTest, NothingStandsBetweenTheElements) {
  const std::string xml = WriteInstance(Job(), kWmi);
  EXPECT_EQ(xml.find('\n'), std::string::npos);
  EXPECT_EQ(xml.find("> "), std::string::npos);
  EXPECT_EQ(xml.find(" </"), std::string::npos);
}

TEST(InstanceWriterTest, PropertiesAreInAlphabeticalOrder) {
  std::vector<std::string> names = NamesOf(Read(WriteInstance(Job(), kWmi)));
  EXPECT_EQ(names.size(), 17u);
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(names.front(), "BytesTotal");
  EXPECT_EQ(names.back(), "TransientErrorCount");
}

TEST(InstanceWriterTest, AnEmbeddedInstanceDeclaresItsClassOnItsProperty) {
  const std::string xml = WriteInstance(Job(), kWmi);
  EXPECT_THAT(
      xml,
      HasSubstr("<p:Files xmlns:p1=\"http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/"
                "bits/BitsClientFile\" xsi:type=\"p1:BitsClientFile_Type\">"
                "<p1:BytesTotal>18446744073709551615</p1:BytesTotal>"
                "<p1:BytesTransferred>0</p1:BytesTransferred><p1:Completed>false</p1:Completed>"
                "<p1:LocalFile>C:\\f</p1:LocalFile><p1:RemoteUrl>http://s/1?a&amp;b</p1:RemoteUrl>"
                "</p:Files>"));
}

TEST(InstanceWriterTest, AnArrayIsItsElementRepeated) {
  schema::Instance job = Job();
  Set(job, "Files", std::vector<schema::Instance>{File("http://s/1"), File("http://s/2")});
  const std::vector<std::string> names = NamesOf(Read(WriteInstance(job, kWmi)));
  EXPECT_EQ(std::ranges::count(names, "Files"), 2);
}

TEST(InstanceWriterTest, AnEmptyArrayIsNoElementAndANullArrayIsOneNil) {
  schema::Instance job = Job();
  Set(job, "Files", std::vector<schema::Instance>{});
  EXPECT_THAT(WriteInstance(job, kWmi),
              AllOf(Not(HasSubstr("<p:Files ")), Not(HasSubstr("<p:Files>"))));
  Set(job, "Files", schema::Value());
  EXPECT_THAT(WriteInstance(job, kWmi), HasSubstr("<p:Files xsi:nil=\"true\"/>"));
}

TEST(InstanceWriterTest, StringsAreEscapedAndCleaned) {
  schema::Instance job = Job();
  Set(job, "DisplayName", std::string("<a> & \x01\xFF \xC3\xA9"));
  EXPECT_THAT(WriteInstance(job, kWmi),
              HasSubstr("<p:DisplayName>&lt;a&gt; &amp; ?? \xC3\xA9</p:DisplayName>"));
}

TEST(InstanceWriterTest, AnEmptyStringIsAnEmptyElement) {
  schema::Instance job = Job();
  Set(job, "DisplayName", std::string());
  EXPECT_THAT(WriteInstance(job, kWmi), HasSubstr("<p:DisplayName></p:DisplayName>"));
}

TEST(InstanceWriterTest, TheSpellingOfTheRequestIsTheNamespace) {
  const ResourceUri spelt = *ParseResourceUri("wmi/ROOT/microsoft/bits/bitsclientjob");
  const std::string xml = WriteInstance(Job(), spelt);
  EXPECT_THAT(xml, StartsWith("<p:BitsClientJob "));
  EXPECT_THAT(xml, HasSubstr("xmlns:p=\"wmi/ROOT/microsoft/bits/bitsclientjob\""));
  EXPECT_THAT(xml, HasSubstr("xmlns:p1=\"wmi/ROOT/microsoft/bits/BitsClientFile\""));
}

TEST(InstanceWriterTest, AnItemOfAWildcardHasTheUriOfItsClass) {
  EXPECT_THAT(WriteInstance(Job(), *ParseResourceUri("wmi/root/microsoft/bits/*")),
              HasSubstr("xmlns:p=\"wmi/root/microsoft/bits/BitsClientJob\""));
  EXPECT_THAT(
      WriteInstance(Job(), *ParseResourceUri("http://schemas.dmtf.org/wbem/wscim/1/*")),
      HasSubstr("xmlns:p=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/BitsClientJob\""));
}

TEST(InstanceWriterTest, EveryDmtfScalarHasItsCimType) {
  const std::string xml = WriteInstance(Job(), kDmtf);
  EXPECT_THAT(xml, HasSubstr("<p:State xsi:type=\"cim:cimUnsignedShort\">15</p:State>"));
  EXPECT_THAT(xml, HasSubstr("<p:BytesTotal xsi:type=\"cim:cimUnsignedLong\">10</p:BytesTotal>"));
  EXPECT_THAT(xml, HasSubstr("<p:Priority xsi:type=\"cim:cimUnsignedInt\">3</p:Priority>"));
  EXPECT_THAT(xml, HasSubstr("<p:Description xsi:type=\"cim:cimString\" xsi:nil=\"true\"/>"));
  EXPECT_THAT(xml, HasSubstr("<p1:Completed xsi:type=\"cim:cimBoolean\">false</p1:Completed>"));
  EXPECT_THAT(xml, HasSubstr("xmlns:p1=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
                             "BitsClientFile\" xsi:type=\"p1:BitsClientFile_Type\""));
}

TEST(InstanceWriterTest, WhatIsWrittenIsReadBackTheSame) {
  schema::Instance job = Job();
  Set(job, "DisplayName", std::string(" \r\n\t<&>\"' \xF0\x9F\x98\x80 ]]> "));
  for (const ResourceUri& uri : {kWmi, kDmtf}) {
    const Element element = Read(WriteInstance(job, uri));
    EXPECT_EQ(element.name_space, uri.text);
    for (const Element& child : element.children) {
      EXPECT_THAT(child.attributes, IsEmpty()) << child.name;
      const schema::Value& value = schema::ValueOf(job, child.name);
      EXPECT_EQ(child.nil, schema::IsNull(value)) << child.name;
      if (child.children.empty()) {
        EXPECT_EQ(child.text, schema::ToText(value)) << child.name;
      }
    }
  }
}

MethodCall CallOf(std::string_view method) {
  return {schema::FindMethod(schema::BitsClientJob(), method), {}};
}

TEST(MethodOutputTest, HasTheOutParametersAndTheReturnValueInOrder) {
  MethodResult result;
  result.outputs = {schema::Value(), std::uint64_t{5}, std::uint64_t{0x80190194u}, std::string("c"),
                    std::string("e")};
  const std::string xml = WriteMethodOutput(CallOf("GetError"), result, kWmi);
  EXPECT_EQ(Inside(xml),
            "<p:ContextDescription>c</p:ContextDescription><p:ErrorCode>2149122452</p:ErrorCode>"
            "<p:ErrorContext>5</p:ErrorContext><p:ErrorDescription>e</p:ErrorDescription>"
            "<p:ReturnValue>0</p:ReturnValue>");
  EXPECT_THAT(xml, StartsWith("<p:GetError_OUTPUT xmlns:xsi="));
  EXPECT_THAT(xml, HasSubstr("xmlns:p=\"" + kWmi.text + "\""));
  EXPECT_THAT(xml, testing::EndsWith("</p:GetError_OUTPUT>"));
}

TEST(MethodOutputTest, InParametersAreNotRepeated) {
  MethodResult result;
  result.outputs.resize(8);
  result.outputs[0] = std::string("name");
  result.outputs[7] = std::string("{1}");
  EXPECT_EQ(Inside(WriteMethodOutput(CallOf("CreateJob"), result, kWmi)),
            "<p:JobId>{1}</p:JobId><p:ReturnValue>0</p:ReturnValue>");
}

TEST(MethodOutputTest, AFailureHasANumberAndNilOutputs) {
  MethodResult result;
  result.return_value = 0x80200003u;
  EXPECT_EQ(Inside(WriteMethodOutput(CallOf("CreateJob"), result, kWmi)),
            "<p:JobId xsi:nil=\"true\"/><p:ReturnValue>2149580803</p:ReturnValue>");
}

TEST(MethodOutputTest, TheDmtfFamilyTypesTheOutputs) {
  MethodResult result;
  result.outputs.resize(8);
  result.outputs[7] = std::string("{1}");
  EXPECT_EQ(Inside(WriteMethodOutput(CallOf("CreateJob"), result, kDmtf)),
            "<p:JobId xsi:type=\"cim:cimString\">{1}</p:JobId>"
            "<p:ReturnValue xsi:type=\"cim:cimUnsignedInt\">0</p:ReturnValue>");
}

TEST(MethodOutputTest, AByteArrayIsItsElementRepeated) {
  static constexpr auto kParameters = std::to_array<schema::Parameter>(
      {{"Hash", schema::Type::kUint8, schema::Direction::kOut, ""}});
  static constexpr schema::Method kMethod = {"M", "", kParameters};
  MethodResult result;
  result.outputs = {std::vector<std::uint64_t>{1, 255}};
  EXPECT_EQ(Inside(WriteMethodOutput({&kMethod, {}}, result, kWmi)),
            "<p:Hash>1</p:Hash><p:Hash>255</p:Hash><p:ReturnValue>0</p:ReturnValue>");
}

TEST(EprTest, NamesTheInstanceByItsKey) {
  EXPECT_EQ(WriteEpr(Job(), kWmi),
            "<a:EndpointReference xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">"
            "<a:Address>"
            "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>"
            "<a:ReferenceParameters>"
            "<w:ResourceURI xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\">" +
                kWmi.text +
                "</w:ResourceURI>"
                "<w:SelectorSet xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\">"
                "<w:Selector Name=\"JobId\">{327C1E84-ABC3-475D-A5D3-E7ED09806523}"
                "</w:Selector></w:SelectorSet></a:ReferenceParameters></a:EndpointReference>");
}

TEST(EprTest, TheDmtfFamilyAlsoNamesTheNamespace) {
  EXPECT_THAT(WriteEpr(Job(), kDmtf),
              HasSubstr("<w:Selector Name=\"__cimnamespace\">root/microsoft/bits"
                        "</w:Selector><w:Selector Name=\"JobId\">"));
}

TEST(FragmentTest, AnElementStandsInItsWrapper) {
  const std::string xml =
      WriteFragment(Job(), *schema::FindProperty(schema::BitsClientJob(), "Priority"),
                    FragmentForm::kElement, kWmi);
  EXPECT_THAT(xml, StartsWith("<w:XmlFragment xmlns:w="));
  EXPECT_EQ(Inside(xml), "<p:Priority>3</p:Priority>");
  EXPECT_EQ(Read(xml).children.at(0).name_space, kWmi.text);
}

TEST(FragmentTest, TextStandsBare) {
  schema::Instance job = Job();
  Set(job, "DisplayName", std::string("a<b"));
  EXPECT_EQ(Inside(WriteFragment(job, *schema::FindProperty(*job.type, "DisplayName"),
                                 FragmentForm::kText, kWmi)),
            "a&lt;b");
}

TEST(FragmentTest, NilAndEmbeddedPropertiesAreWrittenAsInAnInstance) {
  EXPECT_EQ(
      Inside(WriteFragment(Job(), *schema::FindProperty(schema::BitsClientJob(), "Description"),
                           FragmentForm::kElement, kWmi)),
      "<p:Description xsi:nil=\"true\"/>");
  const Element files =
      Read(WriteFragment(Job(), *schema::FindProperty(schema::BitsClientJob(), "Files"),
                         FragmentForm::kElement, kWmi));
  EXPECT_EQ(files.children.at(0).children.size(), 5u);
}

TEST(EscapeTextTest, GivesCharacterData) { EXPECT_EQ(EscapeText("a&b\x02"), "a&amp;b?"); }

TEST(InstanceWriterTest, AProjectionHoldsTheListedPropertiesInOrder) {
  const auto property = [](std::string_view name) {
    return schema::FindProperty(schema::BitsClientJob(), name);
  };
  const std::vector<const schema::Property*> listed = {property("State"), property("JobId"),
                                                       property("Description"), property("Files")};
  const std::string wmi = WriteProjection(Job(), listed, kWmi);
  EXPECT_THAT(wmi, StartsWith("<w:XmlFragment xmlns:w=\"" + std::string(ns::kWsman) + "\""));
  EXPECT_THAT(NamesOf(Read(wmi)), ElementsAre("Description", "Files", "JobId", "State"));
  EXPECT_THAT(wmi, HasSubstr("<p:Description xsi:nil=\"true\"/><p:Files xmlns:p1="));
  EXPECT_THAT(WriteProjection(Job(), listed, kDmtf),
              HasSubstr("<p:State xsi:type=\"cim:cimUnsignedShort\">"));
}

TEST(ClassWriterTest, ClassesAreWellFormedAndInNoNamespace) {
  for (const schema::Class* type : {&schema::BitsClientJob(), &schema::BitsClientFile()}) {
    const Element root = Read(WriteClass(*type));
    EXPECT_EQ(root.name, "CLASS");
    EXPECT_EQ(root.name_space, "");
    const auto count = [&root](std::string_view name) {
      return static_cast<std::size_t>(
          std::count_if(root.children.begin(), root.children.end(),
                        [name](const Element& child) { return child.name.starts_with(name); }));
    };
    EXPECT_EQ(count("PROPERTY"), type->properties.size());
    EXPECT_EQ(count("METHOD"), type->methods.size());
    EXPECT_EQ(count("QUALIFIER"), 1U);
  }
}

}  // namespace
}  // namespace wsman::xml
