// The first message of a TLS client, as far as it takes to see that it is all
// there. Pure: bytes in, values out.
#pragma once

#include <string_view>

namespace wsman::http {

// `received` starts at the connection's first byte. True once the records of the
// first handshake message are complete (RFC 8446, 4 and 5.1), and also as soon as
// nothing can make them so: what to say about that is the TLS library's business.
bool HasWholeClientHello(std::string_view received);

}  // namespace wsman::http
