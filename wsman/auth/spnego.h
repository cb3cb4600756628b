// The tokens inside `Authorization: Negotiate`: SPNEGO (RFC 4178), NTLM by
// itself, or Kerberos by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wsman::auth::spnego {

// Object identifiers as they are inside DER, without tag and length.
inline constexpr std::string_view kNtlmOid("\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x0A", 10);
inline constexpr std::string_view kKerberosOid("\x2A\x86\x48\x86\xF7\x12\x01\x02\x02", 9);
// A miscoded one that Windows also sends for Kerberos.
inline constexpr std::string_view kMsKerberosOid("\x2A\x86\x48\x82\xF7\x12\x01\x02\x02", 9);

// Larger tokens are refused unread; Kerberos tokens of members of many groups
// are the largest.
inline constexpr std::size_t kMaxTokenBytes = 64 * 1024;

enum class State : std::uint8_t {
  kAcceptCompleted = 0,
  kAcceptIncomplete = 1,
  kReject = 2,
  kRequestMic = 3,  // like kAcceptIncomplete, and a mechListMIC is wanted
};

// The client's first token.
struct Init {
  std::vector<std::string> mechanisms;  // object identifiers, the preferred one first
  std::string mechanism_list;           // their DER: what a mechListMIC signs
  std::optional<std::string> token;     // of the preferred mechanism
};

// Every other token, of either side.
struct Response {
  std::optional<State> state;
  std::optional<std::string> mechanism;  // the one that was chosen
  std::optional<std::string> token;
  std::optional<std::string> mic;  // mechListMIC
};

struct RawNtlm {
  std::string token;
};

// A Kerberos token without SPNEGO.
struct RawKerberos {};

struct Malformed {};

using Token = std::variant<Malformed, RawNtlm, RawKerberos, Init, Response>;

// Strict: one token, nothing behind it, fields in order, each at most once.
Token Parse(std::string_view bytes);

// With `init.mechanism_list` made from `init.mechanisms`.
std::string Write(const Init& init);
std::string Write(const Response& response);

// The DER of SEQUENCE OF OBJECT IDENTIFIER.
std::string MechanismList(const std::vector<std::string>& mechanisms);

bool IsKerberos(std::string_view oid);

}  // namespace wsman::auth::spnego
