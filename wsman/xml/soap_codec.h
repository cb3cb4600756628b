// SOAP 1.2 envelopes: bytes to Request, replies to bytes. The only file pair
// (with instance_writer) behind which gSOAP is used.
//
// Thread-safe: each thread keeps a parser of its own.
#pragma once

#include <string>
#include <string_view>

#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman::xml {

// Reads a document that CheckDocument accepted. Faults: kVersionMismatch for a
// SOAP 1.1 or unknown envelope, kSchemaValidationError when it is not an
// envelope. Header blocks that ask to be understood and are not known are
// reported in Request::not_understood, duplicates in duplicate_headers; neither
// is a fault here, so that the caller still has the MessageID.
Result<Request> ParseEnvelope(std::string_view utf8);

// A whole reply envelope on one line without XML declaration, as Windows sends
// it: prefixes s a x n w p e b f declared once on s:Envelope, xml:lang="en-US",
// a:Action, a fresh upper-case a:MessageID, a:To anonymous, a:RelatesTo.
// `body` is ready XML for the inside of s:Body (from instance_writer.h) or empty.
std::string WriteEnvelope(const ReplyHeader& header, std::string_view body);

// The blocks as ready XML for a reply's header.
std::string WriteReferences(const References& references);

// A whole fault envelope; the action comes from the catalogue. s:Text and
// f:Message carry the same sentence and f:Message has no attribute
// (PowerShell shows either).
std::string WriteFault(const std::string& relates_to, const Fault& fault,
                       std::string_view references = {});

// The reply to Identify: an envelope with an empty header around
// wsmid:IdentifyResponse.
struct Identity {
  std::string protocol_version;
  std::string vendor;
  std::string version;
  std::vector<std::string> security_profiles;  // none for strangers
};
std::string WriteIdentity(const Identity& identity);

}  // namespace wsman::xml
