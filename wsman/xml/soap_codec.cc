// Parsing with gSOAP. The reply side, which does not use it, is envelope_writer.cc.
//
// The header is read by generated code (schema/gsoap/wsman.h). Bodies are read
// by one generic reader on gSOAP's pull calls: it keeps text exactly as sent and
// tells nil, absent and empty apart, which generated body types do not.
#include "wsman/xml/soap_codec.h"

#include <soapH.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>

#include "wsman/namespaces.h"
#include "wsman/xml/character_data.h"

// The table gSOAP's archive looks for. Without a third column, in which gSOAP
// accepts alternatives, SOAP 1.1 and the early drafts of xsi stay foreign.
extern "C" {
struct Namespace namespaces[] = {
    {"SOAP-ENV", "http://www.w3.org/2003/05/soap-envelope", nullptr, nullptr},
    {"SOAP-ENC", "http://www.w3.org/2003/05/soap-encoding", nullptr, nullptr},
    {"xsi", "http://www.w3.org/2001/XMLSchema-instance", nullptr, nullptr},
    {"xsd", "http://www.w3.org/2001/XMLSchema", nullptr, nullptr},
    {"a", "http://schemas.xmlsoap.org/ws/2004/08/addressing", nullptr, nullptr},
    {"w", "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd", nullptr, nullptr},
    {"p", "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd", nullptr, nullptr},
    {"e", "http://schemas.xmlsoap.org/ws/2004/08/eventing", nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr},
};
}

namespace wsman::xml {
namespace {

constexpr unsigned int kMaxLevel = 64;         // the guard refuses documents long before
constexpr unsigned int kHeaderBlockLevel = 2;  // s:Envelope and s:Header are open

constexpr std::string_view kRoleNext = "http://www.w3.org/2003/05/soap-envelope/role/next";
constexpr std::string_view kRoleUltimateReceiver =
    "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver";

struct KnownHeader {
  std::string_view name_space;
  std::string_view name;
};

// Header blocks that mean something to this service and may come only once.
constexpr auto kSingleHeaders = std::to_array<KnownHeader>({
    {ns::kAddressing, "Action"},
    {ns::kAddressing, "To"},
    {ns::kAddressing, "MessageID"},
    {ns::kAddressing, "ReplyTo"},
    {ns::kAddressing, "FaultTo"},
    {ns::kWsman, "ResourceURI"},
    {ns::kWsman, "SelectorSet"},
    {ns::kWsman, "OptionSet"},
    {ns::kWsman, "MaxEnvelopeSize"},
    {ns::kWsman, "OperationTimeout"},
    {ns::kWsman, "Locale"},
    {ns::kWsman, "FragmentTransfer"},
    {ns::kWsman, "RequestTotalItemsCountEstimate"},
    {ns::kWsman, "RequestEPR"},
    {ns::kEventing, "Identifier"},
});

// Header blocks that are read and left alone, however often they come.
constexpr auto kIgnoredHeaders = std::to_array<KnownHeader>({
    {ns::kAddressing, "From"},
    {ns::kAddressing, "RelatesTo"},
    {ns::kMicrosoft, "DataLocale"},
    {ns::kMicrosoft, "SessionId"},
    {ns::kMicrosoft, "OperationID"},
    {ns::kMicrosoft, "SequenceId"},
    {ns::kMicrosoft, "ActivityId"},
});

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kXmlSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kXmlSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kXmlSpace) - first + 1);
}

std::string_view TextOrEmpty(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// xs:boolean as header attributes carry it.
bool IsTrue(const char* text) {
  const std::string_view value = Trim(TextOrEmpty(text));
  return value == "1" || value == "true";
}

std::string_view LocalName(std::string_view qualified) {
  const auto colon = qualified.find(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

std::string_view PrefixOf(std::string_view qualified) {
  const auto colon = qualified.find(':');
  return colon == std::string_view::npos ? std::string_view() : qualified.substr(0, colon);
}

// One thread's parser: a struct soap (160 KB, so one for each thread and not
// for each message) that reads from memory.
class Parser {
 public:
  Parser() : soap_(soap_new2(kInput, kInput)) {
    soap_->user = this;
    soap_->frecv = &Parser::Receive;
    soap_->fignore = &Parser::Ignore;
    soap_->maxlevel = kMaxLevel;
    soap_set_namespaces(soap_.get(), namespaces);
  }

  Result<Request> Parse(std::string_view document) {
    rest_ = document;
    request_ = Request{};
    references_.clear();
    Result<Request> result = Read();
    read_to_the_end_ = result.has_value();
    // Not soap_end, which also does what Begin saves.
    soap_destroy(soap_.get());
    soap_dealloc(soap_.get(), nullptr);
    return result;
  }

  // For gSOAP, which comes here with a:ReferenceParameters and a:ReferenceProperties.
  static LONG64* ReadReferences(struct soap* soap, const char* tag, LONG64* place) {
    return static_cast<Parser*>(soap->user)->KeepReferences(tag, place);
  }

 private:
  struct FreeSoap {
    void operator()(struct soap* soap) const {
      soap_destroy(soap);
      soap_end(soap);
      soap_free(soap);
    }
  };

  // Text is UTF-8 and stays so; id and href are attributes like any other.
  static constexpr soap_mode kInput =
      SOAP_ENC_PLAIN | SOAP_C_UTFSTRING | SOAP_XML_TREE | SOAP_DOM_TREE;

  static std::size_t Receive(struct soap* soap, char* buffer, std::size_t size) {
    std::string_view& rest = static_cast<Parser*>(soap->user)->rest_;
    const std::size_t count = std::min(size, rest.size());
    std::memcpy(buffer, rest.data(), count);
    rest.remove_prefix(count);
    return count;
  }

  // gSOAP comes here with every element that its types do not place: unknown
  // ones, and known ones that come again.
  static int Ignore(struct soap* soap, const char* tag) {
    if (soap->part == SOAP_IN_HEADER && soap->level == kHeaderBlockLevel)
      static_cast<Parser*>(soap->user)->OnUnplacedHeader(tag);
    return SOAP_OK;
  }

  void OnUnplacedHeader(const char* tag) {
    const std::string_view name_space = NamespaceOf(tag);
    const std::string_view name = LocalName(tag);
    const auto is_this = [name_space, name](const KnownHeader& known) {
      return known.name_space == name_space && known.name == name;
    };
    if (std::ranges::any_of(kSingleHeaders, is_this)) {
      request_.duplicate_headers.emplace_back(name);
    } else if (InsistsOnUs() && std::ranges::none_of(kIgnoredHeaders, is_this)) {
      request_.not_understood.push_back({std::string(name_space), std::string(name)});
    }
  }

  // gSOAP's own flags take an attribute without prefix for one of the default
  // namespace, which an attribute without prefix never is.
  bool InsistsOnUs() const {
    if (!IsTrue(SoapAttribute("mustUnderstand"))) return false;
    const std::string_view role = Trim(TextOrEmpty(SoapAttribute("role")));
    return role.empty() || role == kRoleNext || role == kRoleUltimateReceiver;
  }

  // The value of an attribute of the SOAP namespace on the element just read.
  const char* SoapAttribute(std::string_view name) const {
    for (const struct soap_attribute* entry = soap_->attributes; entry != nullptr;
         entry = entry->next)
      if (entry->visible != 0 && LocalName(entry->name) == name && !PrefixOf(entry->name).empty() &&
          NamespaceOf(entry->name) == ns::kSoap)
        return entry->value;
    return nullptr;
  }

  // The namespace of an element or prefixed attribute whose start tag was just read.
  std::string_view NamespaceOf(std::string_view tag) const {
    const std::string_view prefix = PrefixOf(tag);
    for (const soap_nlist* entry = soap_->nlist; entry != nullptr; entry = entry->next) {
      if (prefix != entry->id) continue;
      if (entry->index >= 0) return namespaces[entry->index].ns;
      return TextOrEmpty(entry->ns);
    }
    return {};
  }

  // soap_begin_recv clears large tables of ids and pointers, which takes a fifth
  // of a Get. Nothing enters them in this mode, so after a message that was read
  // to its end only the position in it is left to reset.
  int Begin() {
    struct soap* soap = soap_.get();
    soap->level = 0;
    soap_pop_namespace(soap);  // all, as each is of this level or a deeper one
    if (!read_to_the_end_ || !rest_.starts_with('<') || !IsClean()) return soap_begin_recv(soap);
    soap->error = SOAP_OK;
    soap->mode = soap->imode;
    soap->bufidx = 0;
    soap->buflen = 0;
    soap->ahead = 0;
    soap->peeked = 0;
    soap->part = SOAP_BEGIN_RECV;
    soap->body = 1;
    soap->null = 0;
    soap->mustUnderstand = 0;
    soap->cdata = 0;
    soap->count = 0;
    soap->length = 0;
    soap->version = 0;
    return SOAP_OK;
  }

  // Whether the last message has left neither namespaces nor blocks behind, and
  // few names of attributes: gSOAP keeps those, unset, and looks through them.
  bool IsClean() const {
    constexpr int kFewNames = 16;
    int names = 0;
    for (const struct soap_attribute* entry = soap_->attributes; entry != nullptr;
         entry = entry->next) {
      ++names;
    }
    return names <= kFewNames && soap_->nlist == nullptr && soap_->blist == nullptr;
  }

  Result<Request> Read() {
    if (Begin() || soap_envelope_begin_in(soap_.get())) return NotAnEnvelope();
    if (soap_->version != 2) return NotAnEnvelope();
    if (!ReadHeader() || soap_body_begin_in(soap_.get())) return WrongShape();
    if (soap_->header != nullptr) CopyHeader(*soap_->header);
    if (soap_->part != SOAP_NO_BODY && ReadBody() != SOAP_OK) return WrongShape();
    if (soap_body_end_in(soap_.get())) return WrongShape();
    // Nothing may follow the body; the end of the envelope is no start tag.
    if (soap_peek_element(soap_.get()) != SOAP_NO_TAG) return WrongShape();
    if (soap_envelope_end_in(soap_.get())) return WrongShape();
    // No soap_end_recv: it looks for ids that wait for their elements, and id and
    // href mean nothing in this mode.
    return std::move(request_);
  }

  // As XML without a SOAP version: gSOAP then does not compare each attribute with
  // those that SOAP knows, whose meaning is found here and not there.
  bool ReadHeader() {
    const short version = std::exchange(soap_->version, static_cast<short>(0));
    const bool read = soap_recv_header(soap_.get()) == SOAP_OK;
    soap_->version = version;
    return read;
  }

  tl::unexpected<Fault> NotAnEnvelope() const {
    if (LocalName(soap_->tag) == "Envelope")
      return Fail(FaultCode::kVersionMismatch, "The envelope is not SOAP 1.2; use the namespace " +
                                                   std::string(ns::kSoap) + ".");
    return Fail(FaultCode::kSchemaValidationError,
                "The request is not a SOAP envelope; send s:Envelope with s:Body.");
  }

  static tl::unexpected<Fault> WrongShape() {
    return Fail(FaultCode::kSchemaValidationError,
                "The SOAP envelope does not have the right shape; send s:Envelope with at most "
                "one s:Header and then one s:Body.");
  }

  static void CopyText(const char* from, std::optional<std::string>& to) {
    if (from != nullptr) to = std::string(Trim(from));
  }

  void CopyEndpoint(const a__EndpointReferenceT* from, std::optional<std::string>& address,
                    References& references) {
    if (from == nullptr) return;
    address = std::string(Trim(TextOrEmpty(from->a__Address)));
    for (const LONG64* place : {from->a__ReferenceParameters, from->a__ReferenceProperties}) {
      if (place == nullptr) continue;
      std::ranges::move(references_.at(static_cast<std::size_t>(*place)),
                        std::back_inserter(references));
    }
  }

  static void CopyMarked(const w__MarkedT* from, const char* text,
                         std::optional<HeaderValue<std::string>>& to) {
    if (from == nullptr) return;
    to = HeaderValue<std::string>{std::string(Trim(TextOrEmpty(text))),
                                  IsTrue(from->SOAP_ENV__mustUnderstand)};
  }

  void CopyHeader(const SOAP_ENV__Header& header) {
    CopyText(header.a__Action, request_.action);
    CopyText(header.a__To, request_.to);
    // Not trimmed: the reply repeats it byte for byte.
    if (header.a__MessageID != nullptr) request_.message_id = header.a__MessageID;
    CopyText(header.a__RelatesTo, request_.relates_to);
    CopyEndpoint(header.a__ReplyTo, request_.reply_to, request_.reply_references);
    CopyEndpoint(header.a__FaultTo, request_.fault_to, request_.fault_references);
    CopyText(header.w__ResourceURI, request_.resource_uri);
    CopyText(header.e__Identifier, request_.subscription);
    CopySelectors(header.w__SelectorSet);
    CopyOptions(header.w__OptionSet);
    CopyControls(header);
  }

  void CopyControls(const SOAP_ENV__Header& header) {
    const auto text = [](const w__MarkedT* marked) {
      return marked == nullptr ? nullptr : marked->__item;
    };
    CopyMarked(header.w__MaxEnvelopeSize, text(header.w__MaxEnvelopeSize),
               request_.max_envelope_size);
    CopyMarked(header.w__OperationTimeout, text(header.w__OperationTimeout),
               request_.operation_timeout);
    CopyMarked(header.w__FragmentTransfer, text(header.w__FragmentTransfer), request_.fragment);
    if (header.w__Locale != nullptr)
      CopyMarked(header.w__Locale, header.w__Locale->xml__lang, request_.locale);
    if (header.w__FragmentTransfer != nullptr)
      request_.fragment_dialect = Trim(TextOrEmpty(header.w__FragmentTransfer->Dialect));
    request_.wants_epr = header.w__RequestEPR != nullptr;
    request_.total_items_estimate = header.w__RequestTotalItemsCountEstimate != nullptr;
  }

  void CopySelectors(const w__SelectorSetT* set) {
    if (set == nullptr) return;
    for (int i = 0; i < set->__sizeSelector; ++i)
      request_.selectors.push_back({std::string(TextOrEmpty(set->w__Selector[i].Name)),
                                    std::string(TextOrEmpty(set->w__Selector[i].__item))});
  }

  void CopyOptions(const w__OptionSetT* set) {
    if (set == nullptr) return;
    for (int i = 0; i < set->__sizeOption; ++i) {
      const w__OptionT& option = set->w__Option[i];
      request_.options.push_back({std::string(TextOrEmpty(option.Name)),
                                  std::string(TextOrEmpty(option.__item)),
                                  IsTrue(option.MustComply)});
    }
  }

  // The content of the element that comes next.
  LONG64* KeepReferences(const char* tag, LONG64* place) {
    struct soap* soap = soap_.get();
    if (soap_element_begin_in(soap, tag, /*nillable=*/0, nullptr)) return nullptr;
    if (place == nullptr) place = static_cast<LONG64*>(soap_malloc(soap, sizeof *place));
    *place = static_cast<LONG64>(references_.size());
    References& kept = references_.emplace_back();
    if (soap->body == 0) return place;
    plain_attributes_only_ = true;
    while (soap_peek_element(soap) == SOAP_OK && ReadElement(kept.emplace_back()) == SOAP_OK) {
    }
    plain_attributes_only_ = false;
    if (soap->error != SOAP_NO_TAG || soap_element_end_in(soap, tag)) return nullptr;
    return place;
  }

  int ReadBody() {
    while (soap_peek_element(soap_.get()) == SOAP_OK) {
      Element element;
      if (const int error = ReadElement(element)) return error;
      if (request_.body_children++ == 0) request_.body = std::move(element);
    }
    return soap_->error == SOAP_NO_TAG ? SOAP_OK : soap_->error;
  }

  // Reads the element that was peeked. Recursion is bounded by the guard's depth.
  int ReadElement(Element& element) {
    struct soap* soap = soap_.get();
    element.name = LocalName(soap->tag);
    element.name_space = NamespaceOf(soap->tag);
    element.nil = soap->null != 0;
    CopyAttributes(element);
    if (soap_element_begin_in(soap, nullptr, /*nillable=*/1, nullptr)) return soap->error;
    if (soap->body == 0) return SOAP_OK;
    // Text up to the first child or the end, with CDATA and references resolved.
    const char* text = soap_string_in(soap, /*flag=*/3, -1, -1, nullptr);
    if (text == nullptr) return soap->error;
    element.text = text;
    while (soap_peek_element(soap) == SOAP_OK) {
      element.text.clear();
      if (const int error = ReadElement(element.children.emplace_back())) return error;
    }
    if (soap->error != SOAP_NO_TAG) return soap->error;
    return soap_element_end_in(soap, nullptr);
  }

  void CopyAttributes(Element& element) const {
    for (const struct soap_attribute* entry = soap_->attributes; entry != nullptr;
         entry = entry->next) {
      if (entry->visible == 0 || entry->value == nullptr) continue;
      const std::string_view name = entry->name;
      const std::string_view prefix = PrefixOf(name);
      if (name == "xmlns" || prefix == "xmlns") continue;
      if (!prefix.empty() && (plain_attributes_only_ || NamespaceOf(name) == ns::kXsi)) continue;
      element.attributes.push_back({std::string(LocalName(name)), entry->value});
    }
  }

  std::unique_ptr<struct soap, FreeSoap> soap_;
  std::string_view rest_;
  std::vector<References> references_;
  bool plain_attributes_only_ = false;
  Request request_;
  bool read_to_the_end_ = false;  // the last message
};

}  // namespace

Result<Request> ParseEnvelope(std::string_view utf8) {
  thread_local Parser parser;
  if (NeedsNormalising(utf8)) return parser.Parse(NormaliseCharacterData(utf8));
  return parser.Parse(utf8);
}

}  // namespace wsman::xml

// What gSOAP's generated reader needs for the type that it does not read itself.
LONG64* soap_in_a__ReferencesT(struct soap* soap, const char* tag, LONG64* place, const char*) {
  return wsman::xml::Parser::ReadReferences(soap, tag, place);
}

void soap_default_a__ReferencesT(struct soap*, LONG64* place) { *place = 0; }

int soap_out_a__ReferencesT(struct soap*, const char*, int, const LONG64*, const char*) {
  return SOAP_OK;  // replies are not written by gSOAP
}
