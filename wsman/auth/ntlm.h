// The server's side of NTLM (MS-NLMP section 3.2.5): NTLMv2 only. LM, NTLMv1
// and anonymous callers are refused.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/ntlm_crypto.h"
#include "wsman/auth/ntlm_message.h"
#include "wsman/auth/ntlm_session.h"

namespace wsman::auth::ntlm {

// What clients are told about this machine. Clients differ in which of the
// names they need, so all are sent.
struct ServerNames {
  std::string netbios_domain;    // upper case, at most 15 characters; a workgroup will do
  std::string netbios_computer;  // upper case, at most 15 characters
  std::string dns_domain;        // may be empty
  std::string dns_computer;
};

// What is asked of a client's channel binding (RFC 5929), as the setting
// CbtHardeningLevel of Windows has it. A binding that the client did not send
// is one of sixteen zero bytes or none.
enum class BindingPolicy {
  kNone,     // anything will do
  kRelaxed,  // none or the right one
  kStrict,   // the right one wherever there is TLS
};

struct AcceptorOptions {
  ServerNames names = {};
  // False: who asks for no sealing may log in, and is Accepted as not `seals`.
  bool sealing_required = true;
  BindingPolicy binding_policy = BindingPolicy::kRelaxed;
  // ChannelBinding() of this connection; empty without TLS. A client that binds
  // to a channel where there is none speaks through somebody else's TLS and is
  // refused unless the policy is kNone.
  std::optional<Key> binding = std::nullopt;
};

// Whom the client proved to be.
struct Accepted {
  std::string account;  // as FindAccount knows it
  Session session;
  // The client asked for sealing. Otherwise this may be the login of another
  // service passed on, and nothing may be done for it.
  bool seals = true;
};

// An account's name and NT hash.
struct Account {
  std::string name;
  Key nt_hash{};
};

// One handshake on one connection: Challenge, then Authenticate, once each. A
// refusal's text is for the log; the caller learns nothing but the refusal.
// Unknown accounts cost the same as wrong passwords. Belongs to one thread.
class Acceptor {
 public:
  // The account of one of the names that AccountNames (account_name.h) has, if
  // there is one.
  using FindAccount = std::function<std::optional<Account>(const std::string& name)>;

  Acceptor(AcceptorOptions options, FindAccount find);

  // The CHALLENGE message for a NEGOTIATE message.
  Expected<std::string> Challenge(std::string_view negotiate);

  // Verifies an AUTHENTICATE message: response, flags, channel binding, and the
  // MIC where the client says that there is one.
  Expected<Accepted> Authenticate(std::string_view authenticate);

 private:
  Expected<void> CheckFlags(std::uint32_t flags) const;
  std::optional<Account> FindFirst(const AuthenticateMessage& message) const;
  Expected<void> CheckBinding(const NtResponse& response) const;

  const AcceptorOptions options_;
  const FindAccount find_;
  std::string negotiate_;  // the messages, which the MIC covers; empty before and after
  std::string challenge_;
  std::string server_challenge_;
  std::uint32_t offered_ = 0;
};

}  // namespace wsman::auth::ntlm
