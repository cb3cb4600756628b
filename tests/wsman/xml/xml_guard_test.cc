#include "wsman/xml/xml_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsman::xml {
namespace {

using testing::HasSubstr;

bool IsAccepted(std::string_view document) { return CheckDocument(document).has_value(); }

// The sentence of the fault; empty when the document is accepted.
std::string ReasonAgainst(std::string_view document) {
  const auto result = CheckDocument(document);
  if (result) return {};
  EXPECT_EQ(result.error().code, FaultCode::kSchemaValidationError);
  return result.error().text;
}

std::string Repeat(std::size_t times, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// "<a " followed by `count` pieces made from a number, and "/>".
template <class Piece>
std::string ElementWith(std::size_t count, Piece piece) {
  std::string element = "<a";
  for (std::size_t i = 0; i < count; ++i) element += " " + piece(std::to_string(i));
  return element + "/>";
}

std::string Attribute(const std::string& i) { return "n" + i + "='x'"; }
std::string Declaration(const std::string& i) { return "xmlns:n" + i + "='urn:" + i + "'"; }

const XmlLimits kLimits;

TEST(XmlGuardTest, WellFormedDocumentsAreAccepted) {
  EXPECT_TRUE(IsAccepted("<a/>"));
  EXPECT_TRUE(
      IsAccepted("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- c --><a>&amp;&#65;</a>\n"));
  EXPECT_TRUE(IsAccepted("<p:a xmlns:p='urn:x' p:b='1' b='2'><![CDATA[<>]]></p:a>"));
}

TEST(XmlGuardTest, NestingDepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return Repeat(depth, "<a>") + Repeat(depth, "</a>");
  };
  EXPECT_TRUE(IsAccepted(nested(kLimits.depth - 1)));
  EXPECT_TRUE(IsAccepted(nested(kLimits.depth)));
  EXPECT_THAT(ReasonAgainst(nested(kLimits.depth + 1)), HasSubstr("nest too deep"));
}

TEST(XmlGuardTest, DepthIsCountedWhereElementsAreOpen) {
  EXPECT_TRUE(IsAccepted("<a>" + Repeat(100, "<b><c/></b>") + "</a>"));
}

TEST(XmlGuardTest, AttributesOfAnElementAreLimited) {
  EXPECT_TRUE(IsAccepted(ElementWith(kLimits.attributes_per_element - 1, Attribute)));
  EXPECT_TRUE(IsAccepted(ElementWith(kLimits.attributes_per_element, Attribute)));
  EXPECT_THAT(ReasonAgainst(ElementWith(kLimits.attributes_per_element + 1, Attribute)),
              HasSubstr("too many attributes"));
}

TEST(XmlGuardTest, NamespacesOfAnElementAreLimited) {
  EXPECT_TRUE(IsAccepted(ElementWith(kLimits.namespaces_per_element - 1, Declaration)));
  EXPECT_TRUE(IsAccepted(ElementWith(kLimits.namespaces_per_element, Declaration)));
  EXPECT_THAT(ReasonAgainst(ElementWith(kLimits.namespaces_per_element + 1, Declaration)),
              HasSubstr("too many namespaces"));
}

TEST(XmlGuardTest, NamespacesInScopeAreLimited) {
  // `outer` and then `inner` declarations around the innermost element.
  const auto document = [](std::size_t outer, std::size_t inner) {
    std::string outer_start = ElementWith(outer, Declaration);
    outer_start.replace(outer_start.size() - 2, 2, ">");
    return outer_start + ElementWith(inner, Declaration) + "</a>";
  };
  const std::size_t half = kLimits.namespaces_in_scope / 2;
  EXPECT_TRUE(IsAccepted(document(half, half - 1)));
  EXPECT_TRUE(IsAccepted(document(half, half)));
  XmlLimits limits;
  limits.namespaces_in_scope = 2 * half - 1;
  const auto refused = CheckDocument(document(half, half), limits);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, HasSubstr("declared inside each other"));
}

TEST(XmlGuardTest, ANamespaceIsInScopeUntilItsElementEnds) {
  EXPECT_TRUE(IsAccepted("<a>" + Repeat(200, ElementWith(3, Declaration)) + "</a>"));
}

// One declaration or attribute with a name of its own on each of `count` elements.
template <class Piece>
std::string ElementsWith(std::size_t count, Piece piece) {
  std::string document = "<a>";
  for (std::size_t i = 0; i < count; ++i) document += "<b " + piece(std::to_string(i)) + "/>";
  return document + "</a>";
}

TEST(XmlGuardTest, DistinctPrefixesAreLimited) {
  EXPECT_TRUE(IsAccepted(ElementsWith(kLimits.distinct_prefixes - 1, Declaration)));
  EXPECT_TRUE(IsAccepted(ElementsWith(kLimits.distinct_prefixes, Declaration)));
  EXPECT_THAT(ReasonAgainst(ElementsWith(kLimits.distinct_prefixes + 1, Declaration)),
              HasSubstr("different namespace prefixes"));
}

TEST(XmlGuardTest, DistinctAttributeNamesAreLimited) {
  EXPECT_TRUE(IsAccepted(ElementsWith(kLimits.distinct_attribute_names - 1, Attribute)));
  EXPECT_TRUE(IsAccepted(ElementsWith(kLimits.distinct_attribute_names, Attribute)));
  EXPECT_THAT(ReasonAgainst(ElementsWith(kLimits.distinct_attribute_names + 1, Attribute)),
              HasSubstr("different attribute names"));
}

TEST(XmlGuardTest, TheSameNameMayComeAgainAndAgain) {
  EXPECT_TRUE(IsAccepted("<a>" + Repeat(1000, "<b x='1' xmlns:p='urn:p' p:x='2'/>") + "</a>"));
}

TEST(XmlGuardTest, NamesWithDifferentPrefixesAreDifferent) {
  // Two prefixes for one namespace; the same local name under each of them.
  XmlLimits limits;
  limits.distinct_attribute_names = 1;
  const std::string_view document = "<a xmlns:p='urn:x' xmlns:q='urn:x'><b p:n=''/><b q:n=''/></a>";
  EXPECT_FALSE(CheckDocument(document, limits));
  limits.distinct_attribute_names = 2;
  EXPECT_TRUE(CheckDocument(document, limits));
}

TEST(XmlGuardTest, ElementsAreLimited) {
  const auto document = [](std::size_t elements) {
    return "<a>" + Repeat(elements - 1, "<b/>") + "</a>";
  };
  EXPECT_TRUE(IsAccepted(document(kLimits.elements - 1)));
  EXPECT_TRUE(IsAccepted(document(kLimits.elements)));
  EXPECT_THAT(ReasonAgainst(document(kLimits.elements + 1)), HasSubstr("too many elements"));
}

TEST(XmlGuardTest, NamesOfElementsAreLimited) {
  const auto document = [](std::size_t bytes) { return "<" + std::string(bytes, 'n') + "/>"; };
  EXPECT_TRUE(IsAccepted(document(kLimits.name_bytes - 1)));
  EXPECT_TRUE(IsAccepted(document(kLimits.name_bytes)));
  EXPECT_THAT(ReasonAgainst(document(kLimits.name_bytes + 1)), HasSubstr("name is too long"));
}

TEST(XmlGuardTest, ThePrefixIsPartOfTheName) {
  const auto document = [](std::size_t local) {
    return "<p:" + std::string(local, 'n') + " xmlns:p='urn:x'/>";
  };
  EXPECT_TRUE(IsAccepted(document(kLimits.name_bytes - 2)));
  EXPECT_FALSE(IsAccepted(document(kLimits.name_bytes - 1)));
}

TEST(XmlGuardTest, NamesOfAttributesAreLimited) {
  const auto document = [](std::size_t bytes) {
    return "<a " + std::string(bytes, 'n') + "='x'/>";
  };
  EXPECT_TRUE(IsAccepted(document(kLimits.name_bytes - 1)));
  EXPECT_TRUE(IsAccepted(document(kLimits.name_bytes)));
  EXPECT_THAT(ReasonAgainst(document(kLimits.name_bytes + 1)), HasSubstr("name is too long"));
}

TEST(XmlGuardTest, PrefixesAreLimitedLikeNames) {
  const auto document = [](std::size_t bytes) {
    return "<a xmlns:" + std::string(bytes, 'n') + "='urn:x'/>";
  };
  EXPECT_TRUE(IsAccepted(document(kLimits.name_bytes)));
  EXPECT_FALSE(IsAccepted(document(kLimits.name_bytes + 1)));
}

TEST(XmlGuardTest, AttributeValuesAreLimited) {
  for (const std::string_view name : {"n", "xmlns:n"}) {
    const auto document = [name](std::size_t bytes) {
      return "<a " + std::string(name) + "='" + std::string(bytes, 'v') + "'/>";
    };
    EXPECT_TRUE(IsAccepted(document(kLimits.attribute_value_bytes - 1)));
    EXPECT_TRUE(IsAccepted(document(kLimits.attribute_value_bytes)));
    EXPECT_THAT(ReasonAgainst(document(kLimits.attribute_value_bytes + 1)),
                HasSubstr("attribute value is too long"));
  }
}

TEST(XmlGuardTest, DocumentTypesAreRefused) {
  for (const std::string_view document :
       {"<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://x/'>%p;]><a/>"})
    EXPECT_THAT(ReasonAgainst(document), HasSubstr("document type declaration")) << document;
}

TEST(XmlGuardTest, ProcessingInstructionsAreRefused) {
  EXPECT_THAT(ReasonAgainst("<?php x?><a/>"), HasSubstr("processing instruction"));
  EXPECT_THAT(ReasonAgainst("<a><?x?></a>"), HasSubstr("processing instruction"));
  EXPECT_THAT(ReasonAgainst("<a/><?x?>"), HasSubstr("processing instruction"));
}

TEST(XmlGuardTest, OtherEntitiesAreRefused) {
  EXPECT_FALSE(IsAccepted("<a>&nbsp;</a>"));
  EXPECT_FALSE(IsAccepted("<a b='&x;'/>"));
}

TEST(XmlGuardTest, TheDeclarationMustSayXml10AndUtf8) {
  EXPECT_FALSE(IsAccepted("<?xml version=\"1.1\"?><a/>"));
  EXPECT_THAT(ReasonAgainst("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a/>"),
              HasSubstr("encoding"));
  EXPECT_FALSE(IsAccepted("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>"));
}

TEST(XmlGuardTest, NamespaceRulesAreChecked) {
  EXPECT_THAT(ReasonAgainst("<p:a/>"), HasSubstr("unbound prefix"));
  EXPECT_FALSE(IsAccepted("<a p:b='1'/>"));
  EXPECT_FALSE(IsAccepted("<a:b:c xmlns:a='urn:a'/>"));
  EXPECT_FALSE(IsAccepted("<a xmlns:p=''/>"));
  EXPECT_FALSE(IsAccepted("<a xmlns:xml='urn:x'/>"));
  EXPECT_FALSE(IsAccepted("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>"));
}

TEST(XmlGuardTest, BrokenXmlIsRefusedWithItsPlace) {
  EXPECT_THAT(ReasonAgainst("<a>\n<b></a>"), HasSubstr("line 2"));
  for (const std::string_view document : {"",
                                          " ",
                                          "x",
                                          "<",
                                          "<a",
                                          "<a>",
                                          "</a>",
                                          "<a></b>",
                                          "<a/><b/>",
                                          "<a/>x",
                                          "<a b=1/>",
                                          "<a b='1' b='2'/>",
                                          "<a>&</a>",
                                          "<a>&#0;</a>",
                                          "<a>&#xD800;</a>",
                                          "<a>&#x110000;</a>",
                                          "<a>\x01</a>",
                                          "<a>]]></a>",
                                          "<a><!-- -- --></a>",
                                          "< a/>",
                                          "{\"json\":1}",
                                          "--boundary\r\n"})
    EXPECT_FALSE(IsAccepted(document)) << document;
}

TEST(XmlGuardTest, TextBesideElementsIsRefused) {
  for (const std::string_view document :
       {"<a>x<b/></a>", "<a><b/>x</a>", "<a><b/> x<b/></a>", "<a><b><c/></b>&#120;</a>",
        "<a><b/><![CDATA[x]]></a>", "<a><b>x<c/></b></a>"})
    EXPECT_THAT(ReasonAgainst(document), HasSubstr("text beside elements")) << document;
  EXPECT_TRUE(IsAccepted("<a>\r\n\t <b> x </b> <!-- x --> <b>x</b>\n</a>"));
}

TEST(XmlGuardTest, BrokenUtf8AndNulAreRefused) {
  using namespace std::string_literals;
  EXPECT_FALSE(IsAccepted("<a>\xC0\x80</a>"));
  EXPECT_FALSE(IsAccepted("<a>\xED\xA0\x80</a>"));
  EXPECT_FALSE(IsAccepted("<a>\xEF\xBF\xBF</a>"));
  EXPECT_FALSE(IsAccepted("<a>\0</a>"s));
  EXPECT_FALSE(IsAccepted("<a/>\0"s));
}

}  // namespace
}  // namespace wsman::xml
