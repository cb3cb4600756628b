// Signing and sealing after a Kerberos handshake (RFC 4121).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct gss_ctx_id_struct;

namespace wsman::auth::gss {

struct FreeContext {
  void operator()(gss_ctx_id_struct* context) const;
};
using ContextHandle = std::unique_ptr<gss_ctx_id_struct, FreeContext>;

// A sealed text, whose signature is what Windows clients expect to find apart
// from the data.
struct Sealed {
  std::string bytes;  // signature || data
  std::size_t signature_bytes = 0;
};

// One end of a sealed conversation. Messages must be unsealed in the order in
// which the peer sealed them, each at most once, whether or not the peer asked
// for such protection. A message that does not verify ends the incoming
// direction. Belongs to one thread.
class Session {
 public:
  // `context` is established.
  explicit Session(ContextHandle context) : context_(std::move(context)) {}

  // Empty when the library refuses, as it may once the ticket has expired.
  std::optional<Sealed> Seal(std::string_view text);
  // What the other end sealed, the two halves of its Sealed one behind the
  // other or a token of gss_wrap; empty when anything is wrong or the text was
  // only signed.
  std::optional<std::string> Unseal(std::string_view sealed);

  // A signature of its own for text that is sent in clear; empty on failure.
  std::optional<std::string> Sign(std::string_view text);
  bool Verify(std::string_view text, std::string_view signature);

 private:
  bool IsNext(std::string_view sealed);

  ContextHandle context_;
  std::optional<std::uint64_t> last_;  // sequence number of the last message
  bool broken_ = false;
};

}  // namespace wsman::auth::gss
