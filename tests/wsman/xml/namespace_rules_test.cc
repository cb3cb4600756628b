// The guard knows of namespaces itself what ordinary documents need; expat's own
// namespace parser is asked about the rest. Both must agree on every document.
#include <expat.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "wsman/xml/namespace_scope.h"
#include "wsman/xml/xml_guard.h"

namespace wsman::xml {
namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

bool KeepsTheRules(std::string_view document) {
  static const std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser(
      XML_ParserCreateNS("UTF-8", '\x01'));
  XML_ParserReset(parser.get(), "UTF-8");
  return XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), 1) ==
         XML_STATUS_OK;
}

constexpr auto kElements = std::to_array<std::string_view>(
    {"a", "p:a", "q:a", "_:a", "é:é", "p:é", "p:1", "p:-a", ":a", "a:", "p:a:b", "xml:a", "xmlns:a",
     "xmlns", "Xml:a", "p:\xc2\xb7"});

constexpr auto kDeclarations =
    std::to_array<std::string_view>({"",
                                     "xmlns='urn:1'",
                                     "xmlns=''",
                                     "xmlns:p='urn:1'",
                                     "xmlns:p='urn:2'",
                                     "xmlns:q='urn:1'",
                                     "xmlns:p=''",
                                     "xmlns:_='urn:1'",
                                     "xmlns:é='urn:1'",
                                     "xmlns:1='urn:1'",
                                     "xmlns:='urn:1'",
                                     "xmlns:p:q='urn:1'",
                                     "xmlns:xml='http://www.w3.org/XML/1998/namespace'",
                                     "xmlns:xml='urn:1'",
                                     "xmlns:p='http://www.w3.org/XML/1998/namespace'",
                                     "xmlns:p='http://www.w3.org/2000/xmlns/'",
                                     "xmlns='http://www.w3.org/2000/xmlns/'",
                                     "xmlns='http://www.w3.org/XML/1998/namespace'",
                                     "xmlns:xmlns='urn:1'",
                                     "xmlns:xmlns='http://www.w3.org/2000/xmlns/'",
                                     "xmlns:xmlp='urn:1'"});

constexpr auto kAttributes = std::to_array<std::string_view>(
    {"", "n=''", "p:n=''", "q:n=''", "p:m=''", "é:n=''", "xml:n=''", "xml:lang='en'", ":n=''",
     "n:=''", "p:1=''", "p:n:m=''", "xmlnsp=''", "_:n=''"});

std::string Element(std::string_view name, std::string_view declaration, std::string_view first,
                    std::string_view second, std::string_view content) {
  std::string text = "<" + std::string(name);
  for (const std::string_view piece : {declaration, first, second})
    if (!piece.empty()) text += " " + std::string(piece);
  return text + ">" + std::string(content) + "</" + std::string(name) + ">";
}

void ExpectAgreement(const std::string& document) {
  EXPECT_EQ(CheckDocument(document).has_value(), KeepsTheRules(document)) << document;
}

TEST(NamespaceRulesTest, EveryDeclarationCountsAsTheLibraryCountsIt) {
  for (const std::string_view outer : kDeclarations)
    for (const std::string_view inner : kDeclarations)
      for (const std::string_view name : kElements)
        for (const std::string_view attribute : kAttributes) {
          const std::string child = Element(name, inner, attribute, "", "");
          ExpectAgreement(Element("a", outer, "", "", child + "<p:b/>"));
          ExpectAgreement(Element("a", outer, "", "", child));
          ExpectAgreement(Element("a", outer, inner, attribute, "<" + std::string(name) + "/>"));
        }
}

TEST(NamespaceRulesTest, ANameMayComeOnlyOnceHoweverItsNamespaceIsCalled) {
  for (const std::string_view outer : kDeclarations)
    for (const std::string_view inner : kDeclarations)
      for (const std::string_view first : kAttributes)
        for (const std::string_view second : kAttributes)
          ExpectAgreement(Element("a", outer, "", "", Element("b", inner, first, second, "")));
}

TEST(NamespaceRulesTest, TheNamesOfAnElementNeedTheDeclarationsOfTheElement) {
  ExpectAgreement("<p:a p:n='' xmlns:p='urn:1'/>");
  ExpectAgreement("<a><p:b xmlns:p='urn:1'/><p:b/></a>");
  ExpectAgreement("<a><b xmlns:p='urn:1'/><c p:n=''/></a>");
  ExpectAgreement("<a xmlns:p='urn:1'><b xmlns:p='urn:2'/><c p:n=''/></a>");
  ExpectAgreement("<a xmlns:p='urn:1' xmlns:q='urn:1'><b p:n='' q:n=''/></a>");
  ExpectAgreement("<a xmlns:p='urn:1' xmlns:q='urn:2'><b p:n='' q:n=''/></a>");
}

TEST(NamespaceScopeTest, AnOrdinaryEnvelopeNeedsNoLibrary) {
  NamespaceScope scope;
  scope.Open();
  scope.Declare("s", "http://www.w3.org/2003/05/soap-envelope");
  scope.Declare("", "urn:default");
  scope.UseElement("s:Envelope");
  scope.UseAttribute("s:mustUnderstand");
  scope.UseAttribute("xml:lang");
  scope.UseAttribute("Name");
  EXPECT_EQ(scope.size(), 2U);
  scope.Open();
  scope.UseElement("Body");
  scope.UseAttribute("s:mustUnderstand");
  scope.Close();
  scope.Close();
  EXPECT_TRUE(scope.plain());
  EXPECT_EQ(scope.size(), 0U);
}

TEST(NamespaceScopeTest, APrefixOfAnElementThatHasEndedIsNotPlain) {
  NamespaceScope scope;
  scope.Open();
  scope.Open();
  scope.Declare("p", "urn:1");
  scope.UseElement("p:a");
  scope.Close();
  EXPECT_TRUE(scope.plain());
  scope.Open();
  scope.UseElement("p:a");
  EXPECT_FALSE(scope.plain());
}

}  // namespace
}  // namespace wsman::xml
