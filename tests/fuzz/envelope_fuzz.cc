// A request as it comes off the wire: decoded, guarded, read. What the guard
// accepts is within its limits, and the codec understands it as expat does.
#include <expat.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "fuzz/fuzz_one.h"
#include "wsman/namespaces.h"
#include "wsman/xml/charset.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace xml = wsman::xml;
namespace ns = wsman::ns;

namespace {

constexpr char kSeparator = '\x01';

struct Name {
  std::string name_space;
  std::string local;
  bool operator==(const Name&) const = default;
};

Name NameOf(std::string_view reported) {
  const std::size_t separator = reported.find(kSeparator);
  if (separator == std::string_view::npos)
    return {.name_space = {}, .local = std::string(reported)};
  return {.name_space = std::string(reported.substr(0, separator)),
          .local = std::string(reported.substr(separator + 1))};
}

struct Node {
  Name name;
  std::string text;  // all of it, also between children
  std::vector<std::pair<Name, std::string>> attributes;
  std::vector<Node> children;
};

// A document as expat reads it, with a count of what the limits are about.
class Document {
 public:
  explicit Document(std::string_view utf8) {
    const std::unique_ptr<std::remove_pointer_t<XML_Parser>, void (*)(XML_Parser)> parser(
        XML_ParserCreateNS("UTF-8", kSeparator), XML_ParserFree);
    XML_SetUserData(parser.get(), this);
    XML_SetElementHandler(
        parser.get(),
        [](void* self, const char* name, const char** attributes) {
          static_cast<Document*>(self)->Start(name, attributes);
        },
        [](void* self, const char*) { static_cast<Document*>(self)->End(); });
    XML_SetCharacterDataHandler(parser.get(), [](void* self, const char* text, int size) {
      static_cast<Document*>(self)->open_.back()->text.append(text, static_cast<std::size_t>(size));
    });
    const XML_Status status =
        XML_Parse(parser.get(), utf8.data(), static_cast<int>(utf8.size()), XML_TRUE);
    well_formed_ = status == XML_STATUS_OK;
  }

  bool well_formed() const { return well_formed_; }
  const Node& root() const { return top_.children.front(); }

  bool Within(const xml::XmlLimits& limits) const {
    return deepest_ <= limits.depth && elements_ <= limits.elements &&
           most_attributes_ <= limits.attributes_per_element &&
           longest_name_ <= limits.name_bytes && longest_value_ <= limits.attribute_value_bytes;
  }

 private:
  void Start(const char* name, const char** attributes) {
    Node& node = open_.back()->children.emplace_back();
    node.name = NameOf(name);
    for (; *attributes != nullptr; attributes += 2) {
      node.attributes.emplace_back(NameOf(attributes[0]), attributes[1]);
      longest_name_ = std::max(longest_name_, node.attributes.back().first.local.size());
      longest_value_ = std::max(longest_value_, node.attributes.back().second.size());
    }
    longest_name_ = std::max(longest_name_, node.name.local.size());
    most_attributes_ = std::max(most_attributes_, node.attributes.size());
    ++elements_;
    open_.push_back(&node);
    deepest_ = std::max(deepest_, open_.size() - 1);
  }

  void End() { open_.pop_back(); }

  Node top_;
  std::vector<Node*> open_{&top_};
  bool well_formed_ = false;
  std::size_t deepest_ = 0;
  std::size_t elements_ = 0;
  std::size_t most_attributes_ = 0;
  std::size_t longest_name_ = 0;
  std::size_t longest_value_ = 0;
};

[[noreturn]] void Differ(const char* where, std::string_view ours, std::string_view theirs) {
  std::cerr << "the codec and expat differ in " << where << ": \"" << ours << "\" and \"" << theirs
            << "\"\n";
  std::abort();
}

void Same(const char* where, std::string_view ours, std::string_view theirs) {
  if (ours != theirs) Differ(where, ours, theirs);
}

// Only XML itself makes spaces of other white space in attributes; gSOAP does not.
std::string Spaced(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

void CompareAttributes(const wsman::Element& ours, const Node& theirs) {
  std::multiset<std::pair<std::string, std::string>> read;
  for (const wsman::Selector& attribute : ours.attributes)
    read.emplace(attribute.name, Spaced(attribute.value));
  std::multiset<std::pair<std::string, std::string>> expected;
  for (const auto& [name, value] : theirs.attributes) {
    if (name.name_space != ns::kXsi) expected.emplace(name.local, Spaced(value));
  }
  if (read == expected) return;
  for (const auto& [name, value] : read) std::cerr << "read " << name << "='" << value << "'\n";
  for (const auto& [name, value] : expected) std::cerr << "sent " << name << "='" << value << "'\n";
  Differ("attributes", ours.name, theirs.name.local);
}

void CompareElements(const wsman::Element& ours, const Node& theirs) {
  Same("names", ours.name, theirs.name.local);
  Same("namespaces", Spaced(ours.name_space), Spaced(theirs.name.name_space));
  Same("texts", ours.text, theirs.children.empty() ? theirs.text : "");
  CompareAttributes(ours, theirs);
  Same("numbers of children", std::to_string(ours.children.size()),
       std::to_string(theirs.children.size()));
  for (std::size_t i = 0; i < ours.children.size(); ++i) {
    CompareElements(ours.children[i], theirs.children[i]);
  }
}

const Node* Child(const Node& parent, std::string_view name_space, std::string_view local) {
  for (const Node& child : parent.children) {
    if (child.name.local == local && child.name.name_space == name_space) return &child;
  }
  return nullptr;
}

std::string Trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Header blocks that are texts; one with children means nothing.
void CompareHeader(const Node& header, std::string_view name_space, const char* local,
                   const std::optional<std::string>& ours, bool trimmed) {
  const Node* block = Child(header, name_space, local);
  if (block == nullptr) {
    if (ours) Differ(local, *ours, "(none)");
  } else if (block->children.empty() && ours) {
    Same(local, *ours, trimmed ? Trimmed(block->text) : block->text);
  }
}

void Compare(const wsman::Request& ours, const Node& envelope) {
  if (const Node* header = Child(envelope, ns::kSoap, "Header")) {
    CompareHeader(*header, ns::kAddressing, "Action", ours.action, true);
    CompareHeader(*header, ns::kAddressing, "MessageID", ours.message_id, false);
    CompareHeader(*header, ns::kWsman, "ResourceURI", ours.resource_uri, true);
  }
  const Node* body = Child(envelope, ns::kSoap, "Body");
  if (body == nullptr) Differ("the body", "Body", "(none)");
  Same("numbers of body elements", std::to_string(ours.body_children),
       std::to_string(body->children.size()));
  if (ours.body) CompareElements(*ours.body, body->children.front());
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const auto decoded = xml::Decode(std::string(AsText(input)), "application/soap+xml");
  if (!decoded) return;
  const auto accepted = xml::CheckDocument(decoded->utf8);
  const Document document(decoded->utf8);
  if (!accepted) return;
  if (!document.well_formed() || !document.Within({})) std::abort();
  if (const auto request = xml::ParseEnvelope(decoded->utf8)) Compare(*request, document.root());
}
