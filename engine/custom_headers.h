// Header lines that a job's creator adds to its requests. Pure text.
#pragma once

#include <string_view>

#include "engine/error.h"
#include "engine/options.h"

namespace engine {

// Lines "Name: value", each ended by CRLF (the last may lack it): names are
// tokens, values have no control characters. BG_E_STRING_TOO_LONG, or E_INVALIDARG
// also for fields that belong to the transfer itself (Host, Range, …). What is in
// the lines is in no message: it may be a secret. The empty text is right.
Status CheckCustomHeaders(std::string_view text, const LimitOptions& limits);

// E_ACCESSDENIED for Authorization and Cookie where the policy refuses them: what
// they carry goes out whoever asks for it, and does not end with a redirect to the
// same host. The lines are otherwise right.
Status CheckHeaderPolicy(std::string_view text, const TransferOptions& policy);

// Of RFC 9110: what names of header fields and methods are made of.
bool IsToken(std::string_view text);

}  // namespace engine
