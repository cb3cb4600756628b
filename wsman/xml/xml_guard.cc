#include "wsman/xml/xml_guard.h"

#include <expat.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "schema/cim.h"

namespace wsman::xml {
namespace {

// Separates namespace, local name and prefix in the names that expat reports.
// Not a character of XML, so that no document can contain it.
constexpr char kSeparator = '\x01';

using NameSet = std::set<std::string, std::less<>>;

tl::unexpected<Fault> Refuse(std::string text) {
  return Fail(FaultCode::kSchemaValidationError, std::move(text));
}

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

// Never 0, which would make expat ask the kernel for one.
unsigned long RandomSalt() {
  std::random_device device;
  return (std::uniform_int_distribution<unsigned long>(1))(device);
}

// One thread's parser, ready for a document. Making one costs as much as
// reading a small envelope, so it is kept; a reset takes everything from it but
// its memory. nullptr when there is no memory.
XML_Parser FreshParser() {
  thread_local const std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser(
      XML_ParserCreateNS("UTF-8", kSeparator));
  // Keeps strangers from choosing names that collide in expat's tables; of the
  // thread, because the kernel would be asked for one with each document.
  thread_local const unsigned long salt = RandomSalt();
  if (parser == nullptr) return nullptr;
  XML_ParserReset(parser.get(), "UTF-8");
  XML_SetHashSalt(parser.get(), salt);
  return parser.get();
}

// One pass over one document. The callbacks count; the first count above its
// limit stops expat, so that nothing is paid for the rest of the document.
class Pass {
 public:
  explicit Pass(const XmlLimits& limits) : limits_(limits), parser_(FreshParser()) {}

  Result<void> Run(std::string_view utf8) {
    if (parser_ == nullptr)
      return Fail(FaultCode::kInternalError, "The XML parser could not start.");
    Install();
    const XML_Status status =
        XML_Parse(parser_, utf8.data(), static_cast<int>(utf8.size()), /*isFinal=*/1);
    if (!reason_.empty()) return Refuse("The request is refused: " + reason_ + ".");
    if (status != XML_STATUS_OK) return Refuse(SyntaxError());
    return {};
  }

 private:
  enum class Content : std::uint8_t { kNothing, kText, kElements };

  static Pass& Self(void* user) { return *static_cast<Pass*>(user); }

  void Install() {
    XML_Parser parser = parser_;
    XML_SetUserData(parser, this);
    XML_SetReturnNSTriplet(parser, /*do_nst=*/1);
    XML_SetStartElementHandler(parser,
                               [](void* user, const XML_Char* name, const XML_Char** attributes) {
                                 Self(user).OnStart(name, attributes);
                               });
    XML_SetEndElementHandler(parser,
                             [](void* user, const XML_Char*) { Self(user).open_.pop_back(); });
    XML_SetCharacterDataHandler(parser, [](void* user, const XML_Char* text, int size) {
      Self(user).OnText({text, static_cast<std::size_t>(size)});
    });
    XML_SetStartNamespaceDeclHandler(
        parser, [](void* user, const XML_Char* prefix, const XML_Char* uri) {
          Self(user).OnNamespace(prefix == nullptr ? "" : prefix, uri == nullptr ? "" : uri);
        });
    XML_SetEndNamespaceDeclHandler(
        parser, [](void* user, const XML_Char*) { --Self(user).namespaces_in_scope_; });
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
    if (reason_.empty()) reason_ = std::string(reason) + Where();
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

  void OnNamespace(std::string_view prefix, std::string_view uri) {
    if (++pending_namespaces_ > limits_.namespaces_per_element)
      return StopAbove("an element declares too many namespaces", limits_.namespaces_per_element);
    if (++namespaces_in_scope_ > limits_.namespaces_in_scope)
      return StopAbove("too many namespaces are declared inside each other",
                       limits_.namespaces_in_scope);
    CheckName(prefix);
    CheckValue(uri);
    if (!Remember(prefixes_, prefix, limits_.distinct_prefixes))
      StopAbove("too many different namespace prefixes", limits_.distinct_prefixes);
  }

  void OnStart(const XML_Char* name, const XML_Char** attributes) {
    pending_namespaces_ = 0;
    if (!open_.empty()) Contains(Content::kElements);
    open_.push_back(Content::kNothing);
    if (open_.size() > limits_.depth) return StopAbove("elements nest too deep", limits_.depth);
    if (++elements_ > limits_.elements) return StopAbove("too many elements", limits_.elements);
    CheckName(QualifiedName(name));
    std::size_t count = 0;
    for (; *attributes != nullptr; attributes += 2) {
      if (++count > limits_.attributes_per_element)
        return StopAbove("an element has too many attributes", limits_.attributes_per_element);
      OnAttribute(QualifiedName(attributes[0]), attributes[1]);
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
    CheckName(name);
    CheckValue(value);
    if (!Remember(attribute_names_, name, limits_.distinct_attribute_names))
      StopAbove("too many different attribute names", limits_.distinct_attribute_names);
  }

  // "local", or "local" and "prefix" with a separator between them: as long as
  // the name in the document, and the same only for the same name.
  static std::string_view QualifiedName(std::string_view triplet) {
    const auto separator = triplet.find(kSeparator);
    return separator == std::string_view::npos ? triplet : triplet.substr(separator + 1);
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

  std::string SyntaxError() const {
    return std::string("The request is not well-formed XML: ") +
           XML_ErrorString(XML_GetErrorCode(parser_)) + Where() + ".";
  }

  std::string Where() const {
    return " at line " + std::to_string(XML_GetCurrentLineNumber(parser_)) + ", column " +
           std::to_string(XML_GetCurrentColumnNumber(parser_) + 1);
  }

  const XmlLimits& limits_;
  const XML_Parser parser_;
  std::string reason_;
  std::vector<Content> open_;  // elements, the outermost first
  NameSet prefixes_;
  NameSet attribute_names_;
  std::size_t pending_namespaces_ = 0;
  std::size_t namespaces_in_scope_ = 0;
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
