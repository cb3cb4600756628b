// One WS-Management message as plain values: what the codec reads from an
// envelope and what it needs to write one. Nothing here knows XML libraries,
// sockets or BITS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wsman {

struct Selector {
  std::string name;
  std::string value;
};

struct Option {
  std::string name;
  std::string value;
  bool must_comply = false;
};

// An element of a request body, exactly as sent: text is neither trimmed nor
// joined with anything, CDATA and character references are resolved.
struct Element {
  std::string name_space;  // empty for none
  std::string name;        // local name
  std::string text;        // empty when there are children
  bool nil = false;        // xsi:nil="true" or "1"
  std::vector<Element> children;
  std::vector<Selector> attributes;  // local names, without xmlns and xsi
};

// A header block that asked to be understood and is not known (SOAP 1.2 5.4.8).
struct UnknownHeader {
  std::string name_space;
  std::string name;
};

template <class T>
struct HeaderValue {
  T value{};
  bool must_understand = false;
};

// Header blocks that a client wants back in the reply (WS-Addressing 3.3),
// without attributes that have a prefix.
using References = std::vector<Element>;

// A request as it came in. Header texts are trimmed of surrounding white space
// (they are URIs, numbers and durations), except the MessageID and the values of
// selectors and options.
struct Request {
  std::optional<std::string> action;
  std::optional<std::string> to;
  std::optional<std::string> message_id;  // echoed byte for byte
  std::optional<std::string> relates_to;  // in replies, for the client side
  std::optional<std::string> reply_to;    // the a:Address text
  std::optional<std::string> fault_to;
  References reply_references;
  References fault_references;
  std::optional<std::string> resource_uri;
  std::vector<Selector> selectors;
  std::vector<Option> options;
  std::optional<HeaderValue<std::string>> max_envelope_size;
  std::optional<HeaderValue<std::string>> operation_timeout;
  std::optional<HeaderValue<std::string>> locale;    // xml:lang
  std::optional<HeaderValue<std::string>> fragment;  // path text
  std::string fragment_dialect;
  std::optional<std::string> subscription;     // e:Identifier
  bool total_items_estimate = false;           // w:RequestTotalItemsCountEstimate
  bool wants_epr = false;                      // w:RequestEPR
  std::vector<std::string> duplicate_headers;  // known headers that came twice
  std::vector<UnknownHeader> not_understood;

  std::size_t body_children = 0;
  std::optional<Element> body;  // the first child of s:Body
};

// The addressing part of a reply.
struct ReplyHeader {
  std::string action;
  std::string relates_to;                    // empty: no a:RelatesTo
  std::optional<std::string> fragment;       // echoed w:FragmentTransfer
  std::optional<std::uint64_t> total_items;  // w:TotalItemsCountEstimate
  std::string references = {};               // xml::WriteReferences of the request's
  // w:RequestedEPR: xml::WriteEpr, or empty for unknown.
  std::optional<std::string> requested_epr = {};
};

}  // namespace wsman
