// The first bytes of a TLS connection, which are looked at before TLS is.
#include <cstdlib>

#include "fuzz/fuzz_one.h"
#include "wsman/http/client_hello.h"

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string_view bytes = AsText(input);
  // What is whole stays whole, however much more comes.
  bool whole = false;
  for (std::size_t i = 0; i <= bytes.size() && i < 600; ++i) {
    const bool is_whole = wsman::http::HasWholeClientHello(bytes.substr(0, i));
    if (whole && !is_whole) std::abort();
    whole = is_whole;
  }
  if (whole && !wsman::http::HasWholeClientHello(bytes)) std::abort();
}
