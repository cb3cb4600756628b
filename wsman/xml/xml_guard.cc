#include "wsman/xml/xml_guard.h"

#include <expat.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "schema/cim.h"
#include "wsman/xml/namespace_scope.h"

namespace wsman::xml {
namespace {

// Between namespace and local name in what expat reports: not a character of XML,
// so that no document can contain it.
constexpr char kSeparator = '\x01';

using NameSet = std::set<std::string, std::less<>>;

tl::unexpected<Fault> Refuse(std::string text) {
  return Fail(FaultCode::kSchemaValidationError, std::move(text));
}

std::string Where(XML_Parser parser) {
  return " at line " + std::to_string(XML_GetCurrentLineNumber(parser)) + ", column " +
         std::to_string(XML_GetCurrentColumnNumber(parser) + 1);
}

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

// Never 0, which would make expat ask the kernel for one.
unsigned long RandomSalt() {
  std::random_device device;
  return (std::uniform_int_distribution<unsigned long>(1))(device);
}

using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

// Keeps strangers from choosing names that collide in expat's tables; of the
// thread, because the kernel would be asked for one with each document.
void Salt(XML_Parser parser) {
  thread_local const unsigned long salt = RandomSalt();
  XML_SetHashSalt(parser, salt);
}

// A thread's parser, which takes names as they are written. Making one costs as
// much as reading a small envelope, so it is kept from document to document.
class KeptParser {
 public:
  static KeptParser& OfThisThread() {
    thread_local KeptParser kept;
    return kept;
  }

  // Ready for a document; nullptr when there is no memory.
  XML_Parser Take() {
    if (parser_ == nullptr)
      parser_.reset(XML_ParserCreate("UTF-8"));
    else
      XML_ParserReset(parser_.get(), "UTF-8");
    if (parser_ != nullptr) Salt(parser_.get());
    return parser_.get();
  }

  // A reset goes through expat's tables of names, which never shrink: whoever
  // sends many names must not make the documents after that dear.
  void Drop() { parser_.reset(); }

 private:
  Parser parser_;
};

// Elements of documents after which the parser is kept; no client's request has
// half as many.
constexpr std::size_t kElementsOfALightDocument = 256;

Result<void> Parse(XML_Parser parser, std::string_view utf8) {
  const XML_Status status =
      XML_Parse(parser, utf8.data(), static_cast<int>(utf8.size()), /*isFinal=*/1);
  if (status == XML_STATUS_OK) return {};
  return Refuse(std::string("The request is not well-formed XML: ") +
                XML_ErrorString(XML_GetErrorCode(parser)) + Where(parser) + ".");
}

tl::unexpected<Fault> NoMemory() {
  return Fail(FaultCode::kInternalError, "The XML parser could not start.");
}

// For documents that are well-formed as XML; costs half as much again as without.
Result<void> CheckNamespaces(std::string_view utf8) {
  const Parser parser(XML_ParserCreateNS("UTF-8", kSeparator));
  if (parser == nullptr) return NoMemory();
  Salt(parser.get());
  return Parse(parser.get(), utf8);
}

// One pass over one document. The callbacks count; the first count above its
// limit stops expat, so that nothing is paid for the rest of the document.
class Pass {
 public:
  explicit Pass(const XmlLimits& limits)
      : limits_(limits), parser_(KeptParser::OfThisThread().Take()) {}

  Result<void> Run(std::string_view utf8) {
    if (parser_ == nullptr) return NoMemory();
    Install();
    const Result<void> result = Parse(parser_, utf8);
    if (!result || elements_ > kElementsOfALightDocument) KeptParser::OfThisThread().Drop();
    if (!reason_.empty()) return Refuse("The request is refused: " + reason_ + ".");
    if (!result || scope_.plain()) return result;
    return CheckNamespaces(utf8);
  }

 private:
  enum class Content : std::uint8_t { kNothing, kText, kElements };

  static Pass& Self(void* user) { return *static_cast<Pass*>(user); }

  void Install() {
    XML_Parser parser = parser_;
    XML_SetUserData(parser, this);
    XML_SetStartElementHandler(parser,
                               [](void* user, const XML_Char* name, const XML_Char** attributes) {
                                 Self(user).OnStart(name, attributes);
                               });
    XML_SetEndElementHandler(parser, [](void* user, const XML_Char*) { Self(user).OnEnd(); });
    XML_SetCharacterDataHandler(parser, [](void* user, const XML_Char* text, int size) {
      Self(user).OnText({text, static_cast<std::size_t>(size)});
    });
    XML_SetStartDoctypeDeclHandler(
        parser, [](void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
          Self(user).Stop("a document type declaration is not allowed in SOAP; remove it");
        });
    XML_SetProcessingInstructionHandler(parser, [](void* user, const XML_Char*, const XML_Char*) {
      Self(user).Stop("a processing instruction is not allowed in SOAP; remove it");
    });
    XML_SetXmlDeclHandler(parser, [](void* user, const XML_Char* version, const XML_Char* encoding,
                                     int) { Self(user).OnDeclaration(version, encoding); });
  }

  void Stop(std::string_view reason) {
    if (reason_.empty()) reason_ = std::string(reason) + Where(parser_);
    XML_StopParser(parser_, /*resumable=*/XML_FALSE);
  }

  void StopAbove(std::string_view what, std::size_t limit) {
    Stop(std::string(what) + " (the limit is " + std::to_string(limit) + ")");
  }

  void OnDeclaration(const XML_Char* version, const XML_Char* encoding) {
    if (version != nullptr && std::string_view(version) != "1.0")
      Stop("only XML 1.0 is understood; change the XML declaration");
    // The text is UTF-8 by the time it comes here, whatever it was on the wire.
    if (encoding != nullptr && !schema::EqualsIgnoreCase(encoding, "utf-8"))
      Stop("the XML declaration names an encoding that the text does not have; send UTF-8");
  }

  void OnStart(std::string_view name, const XML_Char** attributes) {
    if (!open_.empty()) Contains(Content::kElements);
    open_.push_back(Content::kNothing);
    scope_.Open();
    if (open_.size() > limits_.depth) return StopAbove("elements nest too deep", limits_.depth);
    if (++elements_ > limits_.elements) return StopAbove("too many elements", limits_.elements);
    OnDeclarations(attributes);
    CheckName(name);
    scope_.UseElement(name);
    OnAttributes(attributes);
  }

  void OnEnd() {
    open_.pop_back();
    scope_.Close();
  }

  void OnDeclarations(const XML_Char** attributes) {
    std::size_t count = 0;
    for (; *attributes != nullptr; attributes += 2) {
      const auto prefix = DeclaredPrefix(attributes[0]);
      if (!prefix) continue;
      if (++count > limits_.namespaces_per_element)
        return StopAbove("an element declares too many namespaces", limits_.namespaces_per_element);
      OnNamespace(*prefix, attributes[1]);
    }
  }

  void OnNamespace(std::string_view prefix, std::string_view uri) {
    scope_.Declare(prefix, uri);
    if (scope_.size() > limits_.namespaces_in_scope)
      return StopAbove("too many namespaces are declared inside each other",
                       limits_.namespaces_in_scope);
    CheckName(prefix);
    CheckValue(uri);
    if (!Remember(prefixes_, prefix, limits_.distinct_prefixes))
      StopAbove("too many different namespace prefixes", limits_.distinct_prefixes);
  }

  void OnAttributes(const XML_Char** attributes) {
    std::size_t count = 0;
    for (; *attributes != nullptr; attributes += 2) {
      if (DeclaredPrefix(attributes[0])) continue;
      if (++count > limits_.attributes_per_element)
        return StopAbove("an element has too many attributes", limits_.attributes_per_element);
      OnAttribute(attributes[0], attributes[1]);
    }
  }

  // White space between elements is no content.
  void OnText(std::string_view text) {
    if (open_.back() == Content::kText) return;
    if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) Contains(Content::kText);
  }

  // The innermost open element has this. The codec stops looking for elements
  // where it finds text, so that a request could hide some of it.
  void Contains(Content content) {
    if (open_.back() != Content::kNothing && open_.back() != content)
      return Stop("an element has text beside elements; remove the text");
    open_.back() = content;
  }

  // The codec keeps the names of a whole message in one list, hence the limit
  // on how many differ. Its names have prefixes, so prefixes make a difference.
  void OnAttribute(std::string_view name, std::string_view value) {
    scope_.UseAttribute(name);
    CheckName(name);
    CheckValue(value);
    if (!Remember(attribute_names_, name, limits_.distinct_attribute_names))
      StopAbove("too many different attribute names", limits_.distinct_attribute_names);
  }

  // What an attribute with this name declares: "" the default namespace; nothing
  // when it is no declaration.
  static std::optional<std::string_view> DeclaredPrefix(std::string_view name) {
    constexpr std::string_view kXmlns = "xmlns";
    if (!name.starts_with(kXmlns)) return {};
    name.remove_prefix(kXmlns.size());
    if (name.empty()) return name;
    if (name.front() != ':' || name.size() == 1) return {};
    return name.substr(1);
  }

  static bool Remember(NameSet& names, std::string_view name, std::size_t limit) {
    if (names.contains(name)) return true;
    if (names.size() == limit) return false;
    names.emplace(name);
    return true;
  }

  void CheckName(std::string_view name) {
    if (name.size() > limits_.name_bytes) StopAbove("a name is too long", limits_.name_bytes);
  }

  void CheckValue(std::string_view value) {
    if (value.size() > limits_.attribute_value_bytes)
      StopAbove("an attribute value is too long", limits_.attribute_value_bytes);
  }

  const XmlLimits& limits_;
  const XML_Parser parser_;
  std::string reason_;
  std::vector<Content> open_;  // elements, the outermost first
  NamespaceScope scope_;
  NameSet prefixes_;
  NameSet attribute_names_;
  std::size_t elements_ = 0;
};

}  // namespace

Result<void> CheckDocument(std::string_view utf8, const XmlLimits& limits) {
  if (utf8.empty()) return Refuse("The request has no body; send a SOAP 1.2 envelope.");
  if (utf8.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return Refuse("The request is too large to be read.");
  return Pass(limits).Run(utf8);
}

}  // namespace wsman::xml
