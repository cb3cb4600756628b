#include "wsman/auth/authenticator.h"

#include <spdlog/spdlog.h>
#include <string.h>  // explicit_bzero

#include <utility>

#include "wsman/auth/account_name.h"
#include "wsman/auth/basic.h"

namespace wsman::auth {
namespace {

constexpr auto kRememberedFor = std::chrono::seconds(60);

// Takes as long for a nearly right value as for a wrong one.
bool SameBytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

}  // namespace

ConnectionMemory::~ConnectionMemory() { Forget(); }

void ConnectionMemory::Forget() {
  ::explicit_bzero(authorization_.data(), authorization_.size());
  authorization_.clear();
  principal_.reset();
}

Authenticator::Authenticator(Options options, Sources sources)
    : options_(std::move(options)),
      sources_(options_.per_source),
      accounts_(options_.per_account),
      nt_accounts_(std::move(sources.nt_accounts)),
      certificates_(std::move(sources.certificates)),
      system_groups_(std::move(sources.system_groups)),
      kerberos_(std::move(sources.kerberos)),
      user_groups_(std::move(sources.user_groups)),
      local_accounts_(std::move(sources.local_accounts)),
      verifier_(std::move(sources.verifier)) {}

Authenticator::~Authenticator() = default;

void Authenticator::Authenticate(const ConnectionInfo& connection,
                                 std::optional<std::string_view> authorization, Done done) {
  if (!authorization || !BasicWorksOn(connection)) return done(std::nullopt);
  std::optional<BasicCredentials> credentials = ParseBasic(*authorization);
  if (!credentials) return done(std::nullopt);
  auto& [user, password] = *credentials;

  if (auto who = verifier_->Remembered(user, password)) {
    return done(Principal(std::move(who->name), std::move(who->groups)));
  }
  // Principals are made here and above only, from an accepted outcome.
  const auto conclude = [](PasswordOutcome outcome,
                           const Verified& who) -> std::optional<Principal> {
    if (outcome != PasswordOutcome::kAccepted) return std::nullopt;
    return Principal(who.name, who.groups);
  };
  if (verifier_->Join(user, password,
                      [conclude, done](PasswordOutcome outcome, const Verified& who) {
                        done(conclude(outcome, who));
                      })) {
    return;
  }

  const auto now = std::chrono::steady_clock::now();
  const std::string account = AccountKey(user);
  const bool source_may = sources_.Take(connection.source, now);
  if (!source_may || !accounts_.Take(account, now)) {
    if (source_may) sources_.Return(connection.source);
    LogRefusal({.scheme = "Basic",
                .source = connection.source,
                .account = user,
                .reason = "too many wrong passwords"});
    return done(std::nullopt);
  }
  std::string name = user;  // as it was written
  verifier_->Verify(std::move(user), std::move(password),
                    [this, conclude, account, source = connection.source, name = std::move(name),
                     done = std::move(done)](PasswordOutcome outcome, const Verified& who) {
                      if (outcome == PasswordOutcome::kRefused) {
                        LogRefusal({.scheme = "Basic",
                                    .source = source,
                                    .account = name,
                                    .reason = "unknown account or wrong password"});
                      } else {
                        sources_.Return(source);
                        accounts_.Return(account);
                      }
                      done(conclude(outcome, who));
                    });
}

void Authenticator::LogRefusal(const RefusalLog::Refusal& refusal) {
  if (const auto text = refusals_.Sentence(refusal, Clock::now())) spdlog::info("{}", *text);
}

std::optional<Principal> Authenticator::Recall(ConnectionMemory& memory,
                                               std::string_view authorization) const {
  if (memory.principal_ && memory.generation_ == verifier_->RecentGeneration() &&
      memory.expires_ > std::chrono::steady_clock::now() &&
      SameBytes(memory.authorization_, authorization)) {
    return memory.principal_;
  }
  memory.Forget();
  memory.authorization_ = authorization;
  memory.generation_ = verifier_->Generation();  // before the check: a later change undoes it
  return std::nullopt;
}

void Authenticator::Confirm(ConnectionMemory& memory, const Principal& principal) const {
  memory.principal_ = principal;
  memory.expires_ = std::chrono::steady_clock::now() + kRememberedFor;
}

std::optional<Principal> Authenticator::Certified(
    const ConnectionInfo& connection, const std::optional<ClientCertificate>& certificate) const {
  if (!certificates_ || !certificate) return std::nullopt;
  auto who = certificates_->Find(*certificate);
  if (!who) {
    // Only who has a certificate of the configured authorities gets here.
    spdlog::info("the certificate that {} shows is mapped to nobody: key:{} serial:{}:{}",
                 connection.source, certificate->key_sha256, certificate->serial,
                 certificate->issuer);
    return std::nullopt;
  }
  std::vector<std::string> groups = GroupsOf(*who);
  return Principal(*std::move(who), std::move(groups), Proof::kCertificate);
}

std::optional<Principal> Authenticator::KnownLocal(const PeerCredentials& peer) const {
  if (!local_accounts_) return std::nullopt;
  // A directory service that hangs must not keep out who has to mend it.
  if (peer.user() == 0) return Principal("root", {}, Proof::kLocalOwner, peer);
  const auto known = local_accounts_->Known(peer, Clock::now());
  if (!known) return std::nullopt;
  return Local(peer, *known);
}

void Authenticator::FindLocal(const PeerCredentials& peer, Done done) const {
  if (!local_accounts_) return done(std::nullopt);
  local_accounts_->Find(
      peer, [this, peer, done = std::move(done)](const std::optional<LocalAccount>& found) {
        if (!found) return done(std::nullopt);
        done(Local(peer, *found));
      });
}

Principal Authenticator::Local(const PeerCredentials& peer, const LocalAccount& account) const {
  const Principal caller(account.name, account.groups,
                         peer.IsOwner() ? Proof::kLocalOwner : Proof::kLocal, peer);
  return WithGroups(caller, GroupsOf(account.name));
}

std::vector<std::string> Authenticator::GroupsOf(std::string_view name) const {
  return user_groups_ ? user_groups_->Of(name) : std::vector<std::string>();
}

Principal Authenticator::WithGroups(const Principal& principal,
                                    const std::vector<std::string>& groups) {
  Principal complete = principal;
  complete.groups_.insert(complete.groups_.end(), groups.begin(), groups.end());
  return complete;
}

std::optional<Principal> Authenticator::WithKnownGroups(const Principal& principal) const {
  if (!system_groups_) return principal;
  const auto known = system_groups_->Known(principal.name(), Clock::now());
  if (!known) return std::nullopt;
  return WithGroups(principal, *known);
}

void Authenticator::FindGroups(const Principal& principal, Done done) const {
  if (!system_groups_) return done(principal);
  system_groups_->Find(principal.name(), [principal, done = std::move(done)](
                                             const std::optional<SystemGroups::Groups>& found) {
    if (!found) return done(std::nullopt);
    done(WithGroups(principal, *found));
  });
}

std::vector<std::string> Authenticator::Challenges(const ConnectionInfo& connection) const {
  std::vector<std::string> challenges;
  if (OffersHandshake(HandshakeScheme::kNegotiate)) challenges.emplace_back("Negotiate");
  if (OffersHandshake(HandshakeScheme::kKerberos)) challenges.emplace_back("Kerberos");
  if (BasicWorksOn(connection)) challenges.emplace_back("Basic realm=\"WSMAN\"");
  return challenges;
}

bool Authenticator::BasicWorksOn(const ConnectionInfo& connection) const {
  return options_.basic && (connection.encrypted || options_.allow_unencrypted);
}

}  // namespace wsman::auth
