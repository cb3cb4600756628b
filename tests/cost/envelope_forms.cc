#include "cost/envelope_forms.h"

#include <functional>
#include <string_view>

namespace {

constexpr std::string_view kOpen =
    "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' "
    "xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'>";
constexpr std::string_view kClose = "</s:Body></s:Envelope>";

using Piece = std::function<std::string(int)>;

// `start`, pieces while there is room, `end`.
std::string Filled(std::size_t bytes, std::string start, const Piece& piece, std::string_view end) {
  for (int i = 0;; ++i) {
    const std::string next = piece(i);
    if (start.size() + next.size() + end.size() > bytes) return start.append(end);
    start += next;
  }
}

std::string InBody(std::size_t bytes, std::string_view start, const Piece& piece,
                   std::string_view end) {
  return Filled(bytes, std::string(kOpen).append("<s:Body>").append(start), piece,
                std::string(end).append(kClose));
}

std::string InHeader(std::size_t bytes, std::string_view start, const Piece& piece,
                     std::string_view end) {
  return Filled(bytes, std::string(kOpen).append("<s:Header>").append(start), piece,
                std::string(end).append("</s:Header><s:Body>").append(kClose));
}

Piece Always(std::string text) {
  return [text = std::move(text)](int) { return text; };
}

std::string Repeated(int count, const Piece& piece) {
  std::string all;
  for (int i = 0; i < count; ++i) all += piece(i);
  return all;
}

std::string Attribute(int i) { return " n" + std::to_string(i) + "='1'"; }
std::string Namespace(int i) {
  return " xmlns:p" + std::to_string(i) + "='u" + std::to_string(i) + "'";
}

void AddNames(std::vector<Form>& forms, std::size_t bytes) {
  const auto add = [&](const char* name, std::string document) {
    forms.push_back({name, std::move(document)});
  };
  add("attributes of one element", InBody(bytes, "<a", Attribute, "/>"));
  add("new attributes on each element",
      InBody(
          bytes, "<a>", [](int i) { return "<b" + Attribute(i) + "/>"; }, "</a>"));
  add("the same 32 attributes on each element",
      InBody(bytes, "<a>", Always("<b" + Repeated(32, Attribute) + "/>"), "</a>"));
  add("namespaces of one element", InBody(bytes, "<a", Namespace, "/>"));
  add("new namespaces on each element",
      InBody(
          bytes, "<a>", [](int i) { return "<b" + Namespace(i) + "/>"; }, "</a>"));
  add("the same 31 namespaces on each element",
      InBody(bytes, "<a>", Always("<b" + Repeated(31, Namespace) + "/>"), "</a>"));
  add("the furthest of 32 namespaces",
      InBody(bytes, "<a" + Repeated(32, Namespace) + ">", Always("<p0:b p0:c='1'/>"), "</a>"));
  add("different names up to the limit", InBody(
                                             bytes, "<a>",
                                             [](int i) {
                                               return "<n" + std::to_string(100'000 + i) +
                                                      ">xxxx</n" + std::to_string(100'000 + i) +
                                                      ">";
                                             },
                                             "</a>"));
  // Prefixes of names that begin with a rare letter are left to the library.
  add("the same 31 attributes of rare names",
      InBody(bytes, "<a xmlns:p='u'>",
             Always("<b" +
                    Repeated(31, [](int i) { return " p:\u00e9" + std::to_string(i) + "='1'"; }) +
                    "/>"),
             "</a>"));
  add("names of 256 octets",
      InBody(bytes, "<a>", Always("<" + std::string(256, 'n') + "/>"), "</a>"));
  add("attribute values of 8 KiB",
      InBody(bytes, "<a>", Always("<b c='" + std::string(8'192, 'v') + "'/>"), "</a>"));
}

void AddElements(std::vector<Form>& forms, std::size_t bytes) {
  const auto add = [&](const char* name, std::string document) {
    forms.push_back({name, std::move(document)});
  };
  add("elements beyond the limit", InBody(bytes, "<a>", Always("<b/>"), "</a>"));
  add("elements up to the limit",
      InBody(bytes, "<a>", Always("<b>" + std::string(24, 'x') + "</b>"), "</a>"));
  add("elements of the body", InBody(bytes, "", Always("<b>" + std::string(24, 'x') + "</b>"), ""));
  add("depth", InBody(bytes, "", Always("<b>"), ""));
  add("depth of 30 again and again",
      InBody(bytes, "", Always(Repeated(29, Always("<b>")) + "x" + Repeated(29, Always("</b>"))),
             ""));
}

void AddTexts(std::vector<Form>& forms, std::size_t bytes) {
  const auto add = [&](const char* name, std::string_view start, std::string_view piece,
                       std::string_view end) {
    forms.push_back(
        {name, InBody(bytes, start, Always(Repeated(100, Always(std::string(piece)))), end)});
  };
  add("text", "<a>", "x", "</a>");
  add("base64", "<a>", "QUJD", "</a>");
  add("white space", "<a>", " \n", "</a>");
  add("line ends", "<a>", "\r\n", "</a>");
  add("characters of three octets", "<a>", "\xE2\x82\xAC", "</a>");
  add("references", "<a>", "&#65;", "</a>");
  add("long references", "<a>", "&#x0001F600;", "</a>");
  add("the five entities", "<a>", "&amp;", "</a>");
  add("an unknown entity", "<a>", "&nbsp;", "</a>");
  add("references in attributes", "<a>", "<b c='&#x000041;&amp;&#10;'/>", "</a>");
  add("comments", "<a>", "<!-- -->", "</a>");
  add("one comment", "<a><!--", "x", "--></a>");
  add("CDATA sections", "<a>", "<![CDATA[x]]>", "</a>");
  add("brackets in CDATA", "<a><![CDATA[", "]] ]", "]]></a>");
  add("processing instructions", "<a>", "<?x?>", "</a>");
  forms.push_back(
      {"entity declarations",
       Filled(
           bytes, "<!DOCTYPE a [",
           [](int i) { return "<!ENTITY e" + std::to_string(i) + " 'xxxx'>"; }, "]><a/>")});
  forms.push_back({"nothing but <", std::string(bytes, '<')});
  forms.push_back(
      {"an unfinished start tag", Filled(bytes, "<a b='", Always(std::string(1'000, 'x')), "")});
}

void AddHeaders(std::vector<Form>& forms, std::size_t bytes) {
  const auto add = [&](const char* name, std::string_view start, const Piece& piece,
                       std::string_view end) {
    forms.push_back({name, InHeader(bytes, start, piece, end)});
  };
  add(
      "selectors", "<w:SelectorSet>",
      [](int i) { return "<w:Selector Name='n" + std::to_string(i) + "'>value</w:Selector>"; },
      "</w:SelectorSet>");
  add(
      "options", "<w:OptionSet>",
      [](int i) { return "<w:Option Name='n" + std::to_string(i) + "'>value</w:Option>"; },
      "</w:OptionSet>");
  add("the same header again", "", Always("<w:ResourceURI>http://u/x</w:ResourceURI>"), "");
  add(
      "unknown headers", "",
      [](int i) { return "<w:h" + std::to_string(i) + ">text</w:h" + std::to_string(i) + ">"; },
      "");
  add("headers to be understood", "", Always("<w:Unknown s:mustUnderstand='true'/>"), "");
}

}  // namespace

std::vector<Form> EnvelopeForms(std::size_t bytes) {
  std::vector<Form> forms;
  AddNames(forms, bytes);
  AddElements(forms, bytes);
  AddTexts(forms, bytes);
  AddHeaders(forms, bytes);
  return forms;
}

std::string InUtf16(const std::string& octets) {
  std::string utf16 = "\xFF\xFE";
  for (const char c : octets) {
    utf16.push_back(c);
    utf16.push_back('\0');
  }
  return utf16;
}
