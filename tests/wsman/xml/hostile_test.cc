// Documents that cost an unguarded parser seconds, or that it takes for
// something else. Each is built as large as an envelope may be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace wsman::xml {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t kEnvelopeBytes = 512'000;
constexpr std::string_view kStart =
    "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>";
constexpr std::string_view kEnd = "</s:Body></s:Envelope>";

// As many numbered pieces as an envelope holds.
template <class Piece>
std::string Full(std::string document, std::string_view end, Piece piece) {
  for (int i = 0; document.size() + 64 < kEnvelopeBytes; ++i) document += piece(std::to_string(i));
  return document.append(end);
}

// Where the guard stopped: the column it names, as the documents have one line.
std::size_t StoppedAt(const std::string& document) {
  const auto result = CheckDocument(document);
  EXPECT_FALSE(result);
  if (result) return std::string::npos;
  const auto column = result.error().text.find("column ");
  EXPECT_NE(column, std::string::npos) << result.error().text;
  return std::stoul(result.error().text.substr(column + 7));
}

TEST(HostileTest, NewAttributeNamesOnManyElementsStopTheGuardEarly) {
  const std::string document = Full(std::string(kStart) + "<a>", std::string("</a>").append(kEnd),
                                    [](const std::string& i) { return "<b n" + i + "='1'/>"; });
  EXPECT_LT(StoppedAt(document), 2000u);
}

TEST(HostileTest, NewNamespacesOnManyElementsStopTheGuardEarly) {
  const std::string document =
      Full(std::string(kStart) + "<a>", std::string("</a>").append(kEnd),
           [](const std::string& i) { return "<b xmlns:n" + i + "='u'/>"; });
  EXPECT_LT(StoppedAt(document), 2500u);
}

TEST(HostileTest, ManyElementsStopTheGuardAtTheirLimit) {
  const std::string document = Full(std::string(kStart) + "<a>", std::string("</a>").append(kEnd),
                                    [](const std::string&) { return std::string("<b/>"); });
  EXPECT_LT(StoppedAt(document), 81'000u);
}

TEST(HostileTest, DeepNestingStopsTheGuardEarly) {
  const std::string document =
      Full(std::string(kStart), "", [](const std::string&) { return std::string("<b>"); });
  EXPECT_LT(StoppedAt(document), 200u);
}

TEST(HostileTest, ManyAttributesOnOneElementAreRefused) {
  const auto result = CheckDocument(Full(std::string(kStart) + "<a", std::string("/>").append(kEnd),
                                         [](const std::string& i) { return " n" + i + "='1'"; }));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text, HasSubstr("too many attributes"));
}

TEST(HostileTest, ManyNamespacesOnOneElementAreRefused) {
  const auto result =
      CheckDocument(Full(std::string(kStart) + "<a", std::string("/>").append(kEnd),
                         [](const std::string& i) { return " xmlns:n" + i + "='u'"; }));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text, HasSubstr("too many namespaces"));
}

TEST(HostileTest, EntityBombsAreRefusedBeforeTheyAreDeclared) {
  const auto result = CheckDocument(
      "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
      "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]><a>&c;</a>");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text,
              AllOf(HasSubstr("document type declaration"), HasSubstr("line 1, column 1")));
}

TEST(HostileTest, TheDearestAcceptedDocumentIsRead) {
  // Every limit nearly reached at once: names, prefixes, depth and elements.
  const XmlLimits limits;
  std::string document = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><a";
  for (std::size_t i = 0; i + 1 < limits.namespaces_per_element; ++i)
    document += " xmlns:p" + std::to_string(i) + "='u" + std::to_string(i) + "'";
  document += ">";
  for (std::size_t i = 0; i < limits.distinct_attribute_names; ++i)
    document += "<b n" + std::to_string(i) + "='1'/>";
  for (std::size_t i = 100; i < limits.elements; ++i) document += "<p0:c n63='1'/>";
  document.append("</a>").append(kEnd);
  ASSERT_LT(document.size(), kEnvelopeBytes);
  ASSERT_TRUE(CheckDocument(document));
  const auto request = ParseEnvelope(document);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body->children.size(),
            limits.elements - 100 + limits.distinct_attribute_names);
  EXPECT_EQ(request->body->children.back().name_space, "u0");
}

TEST(HostileTest, ALongTextIsReadWhole) {
  const std::string text(400'000, 'x');
  const std::string document =
      std::string(kStart).append("<a>").append(text).append("</a>").append(kEnd);
  ASSERT_TRUE(CheckDocument(document));
  EXPECT_EQ(ParseEnvelope(document)->body->text, text);
}

TEST(HostileTest, ManyReferencesAreReadWhole) {
  std::string document = std::string(kStart) + "<a>";
  for (int i = 0; i < 40'000; ++i) document += "&#x1F600;";
  document.append("</a>").append(kEnd);
  ASSERT_TRUE(CheckDocument(document));
  EXPECT_EQ(ParseEnvelope(document)->body->text.size(), 4u * 40'000);
}

TEST(HostileTest, TheLongestNamesAreReadWhole) {
  const XmlLimits limits;
  const std::string name(limits.name_bytes, 'n');
  const std::string value(limits.attribute_value_bytes, 'v');
  const std::string document =
      std::string(kStart) + "<" + name + " " + name + "='" + value + "'/>" + std::string(kEnd);
  ASSERT_TRUE(CheckDocument(document));
  const auto request = ParseEnvelope(document);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body->name, name);
  EXPECT_EQ(request->body->attributes.at(0).name, name);
  EXPECT_EQ(request->body->attributes.at(0).value, value);
}

TEST(HostileTest, BoundariesAndCompressedBytesAreNoXml) {
  EXPECT_FALSE(CheckDocument("--Encrypted Boundary\r\n<a/>"));
  EXPECT_FALSE(CheckDocument("\x1F\x8B\x08<a/>"));
}

}  // namespace
}  // namespace wsman::xml
