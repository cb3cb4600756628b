// Request envelopes with the headers of a Windows client (MS-WSMV 2.2.4).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsman/client/client.h"
#include "wsman/message.h"

namespace wsman::client {

struct RequestHeader {
  std::string to;
  std::string resource_uri;
  std::string action;
  std::string message_id;
  std::string session_id;  // the same for all requests of a Client
  std::size_t max_envelope_bytes = 512'000;
  std::chrono::milliseconds timeout{60'000};
  std::vector<Selector> selectors;
  std::string subscription;  // e:Identifier; empty for none
};

// "uuid:" and a random upper-case GUID.
std::string NewUuid();

// "PT60.000S".
std::string ToDuration(std::chrono::milliseconds duration);

// An envelope on one line, without XML declaration. `body` is ready XML.
std::string WriteRequest(const RequestHeader& header, std::string_view body);
std::string WriteIdentify();

// <p:NAME xmlns:p="URI"> with one element for each value.
std::string WriteValues(std::string_view name, std::string_view resource_uri,
                        const Properties& values);

std::string WriteEnumerate(std::string_view wql);
std::string WritePull(std::string_view context);
std::string WriteSubscribe(std::string_view wql);
std::string WriteEventPull(std::string_view subscription, std::chrono::milliseconds wait);

// The last segment of a resource URI: the class name.
std::string_view ClassOf(std::string_view resource_uri);

// Whether `name` can be an element's local name: a letter or '_', then letters,
// digits, '_', '-' and '.', all ASCII as in every CIM name.
bool IsElementName(std::string_view name);

}  // namespace wsman::client
