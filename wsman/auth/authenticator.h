// From an Authorization header to a Principal, or 401 and nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsman/auth/certificate.h"
#include "wsman/auth/gss_credential.h"
#include "wsman/auth/local_accounts.h"
#include "wsman/auth/negotiate.h"
#include "wsman/auth/nt_accounts.h"
#include "wsman/auth/ntlm.h"
#include "wsman/auth/peer_credentials.h"
#include "wsman/auth/principal.h"
#include "wsman/auth/refusal_log.h"
#include "wsman/auth/system_groups.h"
#include "wsman/auth/throttle.h"
#include "wsman/auth/user_file.h"
#include "wsman/auth/user_groups.h"

namespace wsman::auth {

// What one connection offers for authentication.
struct ConnectionInfo {
  std::string source;      // peer address without port; for local sockets, the user
  bool encrypted = false;  // TLS
  // ntlm::ChannelBinding() of the TLS connection; empty without TLS and where
  // the certificate has none.
  std::optional<ntlm::Key> channel_binding = std::nullopt;
  // What it is made from, as Kerberos takes it: "tls-server-end-point:" and the
  // certificate's hash.
  std::optional<std::string> server_end_point = std::nullopt;
  // Of a local socket, and of nothing else.
  std::optional<PeerCredentials> peer = std::nullopt;
};

// The last success on one connection, so that a client that sends the same
// header with every request pays for a comparison only. Belongs to the
// connection's thread.
class ConnectionMemory {
 public:
  ConnectionMemory() = default;
  ConnectionMemory(const ConnectionMemory&) = delete;
  ConnectionMemory& operator=(const ConnectionMemory&) = delete;
  ~ConnectionMemory();

 private:
  friend class Authenticator;
  void Forget();

  std::string authorization_;
  std::optional<Principal> principal_;
  std::uint64_t generation_ = 0;
  std::chrono::steady_clock::time_point expires_;
};

class Authenticator {
 public:
  struct Options {
    bool basic = true;
    bool negotiate = true;  // the scheme, whatever is spoken inside
    // Basic without TLS, and clear text after Negotiate: an NTLM login without
    // sealing is refused then, as it is with TLS.
    bool allow_unencrypted = false;
    // Failures a minute that cost a hash. An account's limit is the larger one,
    // so that one source cannot lock an account for the others.
    Throttle::Limits per_source = {};
    Throttle::Limits per_account = {.burst = 50, .per_minute = 250, .keys = 10'000};
    // What NTLM and Kerberos ask of a client's channel binding.
    ntlm::BindingPolicy channel_binding = ntlm::BindingPolicy::kRelaxed;
    ntlm::ServerNames names = {};     // what NTLM tells of this machine
    std::string kerberos_realm = {};  // whose users are known without it; see kerberos_name.h
  };

  // Where callers and what is known of them come from. Null: such callers are not
  // taken, and not offered to be.
  struct Sources {
    std::unique_ptr<PasswordVerifier> verifier;  // Basic; never null
    // NTLM, while there is one account at least. With this or `kerberos`, Negotiate
    // is offered.
    std::unique_ptr<NtAccounts> nt_accounts{};
    std::unique_ptr<gss::Credential> kerberos{};
    std::unique_ptr<CertificateMap> certificates{};
    std::unique_ptr<LocalAccounts> local_accounts{};  // local sockets
    // The groups of the system's account of the caller's name.
    std::unique_ptr<SystemGroups> system_groups{};
    // Those of the users file, for callers with certificates, with Kerberos and at a
    // local socket too.
    std::unique_ptr<UserGroups> user_groups{};
  };

  Authenticator(Options options, Sources sources);
  // Ends waiting checks; their `done` is called before this returns.
  ~Authenticator();

  // Empty means: answer 401. `done` is called exactly once, at once on the
  // caller's thread or later on the verifier's. A missing, malformed, repeated
  // or unsupported header is a refusal like a wrong password. Thread-safe.
  using Done = std::function<void(std::optional<Principal>)>;
  void Authenticate(const ConnectionInfo& connection, std::optional<std::string_view> authorization,
                    Done done);

  // The caller that `memory` holds for exactly this header, unless a minute has
  // passed or the users file has changed since. Otherwise the memory prepares
  // for this header, and Confirm puts in whom Authenticate found.
  std::optional<Principal> Recall(ConnectionMemory& memory, std::string_view authorization) const;
  void Confirm(ConnectionMemory& memory, const Principal& principal) const;

  // One step of a handshake on the connection that `session` belongs to, which
  // this object must outlive. Failures count against the same limits as wrong
  // passwords. Thread-safe for different sessions; never blocks for long.
  using Clock = std::chrono::steady_clock;
  struct NegotiateReply {
    std::optional<Principal> principal;  // set: the session is established
    // The WWW-Authenticate value of the reply, whatever its status is. With
    // neither a value nor a principal the client is refused: answer 401.
    std::string header;
    bool close = false;  // too many failures: end the connection
  };
  NegotiateReply Negotiate(const ConnectionInfo& connection, NegotiateSession& session,
                           std::string_view authorization, Clock::time_point now);

  // Whose certificate it is, which the connection's client has proved to have.
  // Empty: answer 401. Nothing can be guessed here, so nothing is counted.
  // Thread-safe; never blocks for long.
  std::optional<Principal> Certified(const ConnectionInfo& connection,
                                     const std::optional<ClientCertificate>& certificate) const;

  // Who is at the other end of a local socket, if this can be told without
  // waiting, as it always can of root. Otherwise FindLocal calls `done` once, at once or later on
  // another thread; empty means that nobody can say at present: answer 503. Thread-safe.
  std::optional<Principal> KnownLocal(const PeerCredentials& peer) const;
  void FindLocal(const PeerCredentials& peer, Done done) const;

  // For whom a connection speaks without an Authorization header. A session
  // whose account has another NT hash meanwhile, or none, is reset, as is one
  // whose ticket has expired.
  std::optional<Principal> Caller(NegotiateSession& session) const;

  // The caller with the system's groups too, if this can be told without waiting. Otherwise
  // FindGroups calls `done` once, at once or later on another thread; empty
  // means: answer 401. Thread-safe.
  std::optional<Principal> WithKnownGroups(const Principal& principal) const;
  void FindGroups(const Principal& principal, Done done) const;

  // The WWW-Authenticate values to send with a 401 on this connection: only
  // schemes that work there.
  std::vector<std::string> Challenges(const ConnectionInfo& connection) const;

 private:
  bool BasicWorksOn(const ConnectionInfo& connection) const;
  bool SpeaksNtlm() const;
  NegotiateReply TakeStep(const ConnectionInfo& connection, NegotiateSession& session,
                          NegotiateHandshake::Step step);
  tl::expected<NegotiateSession::Established, std::string> Establish(
      const NegotiateSession& session, NegotiateHandshake::Complete::Login& login);
  bool OffersHandshake(HandshakeScheme scheme) const;
  NegotiateHandshake::Mechanisms MechanismsFor(const ConnectionInfo& connection,
                                               NegotiateSession& session);
  bool ChargeSource(NegotiateSession& session, const std::string& source, Clock::time_point now);
  std::optional<ntlm::Account> FindForNtlm(NegotiateSession& session, const std::string& source,
                                           const std::string& name);
  void LogRefusal(const RefusalLog::Refusal& refusal);
  bool CanBind(const ConnectionInfo& connection) const;
  std::vector<std::string> GroupsOf(std::string_view name) const;
  static Principal WithGroups(const Principal& principal, const std::vector<std::string>& groups);
  Principal Local(const PeerCredentials& peer, const LocalAccount& account) const;

  const Options options_;
  Throttle sources_;
  Throttle accounts_;
  RefusalLog refusals_;
  const std::unique_ptr<NtAccounts> nt_accounts_;
  const std::unique_ptr<CertificateMap> certificates_;
  const std::unique_ptr<SystemGroups> system_groups_;
  const std::unique_ptr<gss::Credential> kerberos_;
  const std::unique_ptr<UserGroups> user_groups_;
  const std::unique_ptr<LocalAccounts> local_accounts_;  // its thread uses user_groups_
  std::unique_ptr<PasswordVerifier> verifier_;           // last: its thread uses the others
};

}  // namespace wsman::auth
