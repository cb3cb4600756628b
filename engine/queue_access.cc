// What clients set for the way to servers, and what transfers get of it.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/custom_headers.h"
#include "engine/overloaded.h"
#include "engine/queue_impl.h"
#include "engine/transfer/certificate_file.h"

namespace engine {
namespace {

auto FindCredential(Access& access, AuthTarget target, AuthScheme scheme) {
  return std::ranges::find_if(access.credentials, [target, scheme](const SealedCredential& one) {
    return one.target == target && one.scheme == scheme;
  });
}

HResult Put(Access& access, SealedCredential credential) {
  const auto old = FindCredential(access, credential.target, credential.scheme);
  if (old != access.credentials.end())
    *old = std::move(credential);
  else
    access.credentials.push_back(std::move(credential));
  return HResult::kOk;
}

HResult Remove(Access& access, const RemoveCredentials& change) {
  const auto found = FindCredential(access, static_cast<AuthTarget>(change.target),
                                    static_cast<AuthScheme>(change.scheme));
  if (found == access.credentials.end()) return HResult::kFalse;
  access.credentials.erase(found);
  return HResult::kOk;
}

HResult RemoveCertificateOf(Access& access) {
  if (!access.certificate) return HResult::kFalse;
  access.certificate.reset();
  return HResult::kOk;
}

ProxySettings SettingsOf(const SetProxy& change) {
  return {static_cast<ProxyUsage>(change.usage), change.list.value_or(""),
          change.bypass.value_or("")};
}

Result<ProxyRules> RulesOf(const ProxySettings& proxy, const TransferOptions& options) {
  switch (proxy.usage) {
    case ProxyUsage::kNone:
      return ProxyRules();
    case ProxyUsage::kOverride:
      return ProxyRules::Parse(proxy.list, proxy.bypass);
    case ProxyUsage::kPreconfig:
    case ProxyUsage::kAutodetect:
      break;
  }
  return ProxyRules::Parse(options.proxy, options.proxy_bypass);
}

}  // namespace

void Queue::Impl::ChangeAccess(const JobId& id, const AccessChange& change,
                               const Completion<HResult>& done) {
  const JobEntry* const entry = Find(id);
  if (entry == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  if (entry->ending) return done(tl::unexpected(JobIsEnding(id)));
  if (const Status status = CheckAccessChange(change, options_.limits); !status)
    return done(tl::unexpected(status.error()));
  std::visit(Overloaded{
                 [&](const SetCredentials& set) { SealCredentials(*entry, set, done); },
                 [&](const RemoveCredentials& remove) {
                   EditAccess(
                       id, [remove](Access& access) { return Remove(access, remove); }, done);
                 },
                 [&](const SetCertificateById& wanted) { ChooseCertificate(id, wanted, done); },
                 [&](const SetCertificateByName& wanted) { ChooseCertificate(id, wanted, done); },
                 [&](const RemoveCertificate&) { EditAccess(id, &RemoveCertificateOf, done); },
                 [&](const SetProxy& set) {
                   const auto edit = [settings = SettingsOf(set)](Access& access) {
                     access.proxy = settings;
                     return HResult::kOk;
                   };
                   EditAccess(id, edit, done);
                 },
             },
             change);
}

void Queue::Impl::SealCredentials(const JobEntry& entry, const SetCredentials& change,
                                  const Completion<HResult>& done) {
  const JobId id = entry.job.id;
  const store::SecretName name{id, static_cast<AuthTarget>(change.target),
                               static_cast<AuthScheme>(change.scheme)};
  std::function<void(Sealed)> sealed = [this, id, name, done](const Sealed& bytes) {
    if (!bytes) {
      spdlog::error("credentials were not stored: {}", bytes.error().message);
      return done(tl::unexpected(bytes.error()));
    }
    const auto edit = [credential = SealedCredential{name.target, name.scheme, *bytes}](
                          Access& access) { return Put(access, credential); };
    EditAccess(id, edit, done);
  };
  const auto seal = [name, change](const store::Secrets& secrets) {
    return secrets.Seal(name, {SecretText(*change.user_name), *change.password});
  };
  SealSecret(seal, std::move(sealed));
}

// On a disk thread: the key may have to be read or made first.
void Queue::Impl::SealSecret(std::function<Sealed(const store::Secrets&)> seal,
                             std::function<void(Sealed)> then) {
  const bool key_is_in_use =
      std::ranges::any_of(known_, [](const auto& item) { return item.second.has_secrets; });
  files_.Run([&secrets = secrets_, seal = std::move(seal), key_is_in_use,
              reply = Callback(std::move(then))] {
    if (const Status ready = secrets.EnsureKey(/*may_create=*/!key_is_in_use); !ready)
      return reply(tl::unexpected(ready.error()));
    reply(seal(secrets));
  });
}

template <class Wanted>
void Queue::Impl::ChooseCertificate(const JobId& id, const Wanted& wanted,
                                    const Completion<HResult>& done) {
  std::function<void(Result<ClientCertificate>)> found =
      [this, id, done](const Result<ClientCertificate>& certificate) {
        if (!certificate) return done(tl::unexpected(certificate.error()));
        const auto edit = [chosen = *certificate](Access& access) {
          access.certificate = chosen;
          return HResult::kOk;
        };
        EditAccess(id, edit, done);
      };
  files_.Run(
      [folder = options_.transfers.client_certificates, wanted,
       reply = Callback(std::move(found))] { reply(transfer::FindCertificate(folder, wanted)); });
}

void Queue::Impl::EditAccess(const JobId& id, const AccessEdit& edit,
                             const Completion<HResult>& done) {
  if (Find(id) == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  JobEntry* const entry =
      ReadyForCommand(id, [this, id, edit, done] { EditAccess(id, edit, done); });
  if (entry == nullptr) return;
  if (entry->ending) return done(tl::unexpected(JobIsEnding(id)));
  auto access = std::make_shared<Access>(AccessOf(entry->job));
  const HResult result = edit(*access);
  if (result != HResult::kOk) return done(result);
  Job before = entry->job;
  entry->job.access = *access == Access() ? nullptr : std::move(access);
  ++entry->access_versions.changed;
  Touch(*entry);
  Commit(*entry, std::move(before), [done, result](const Status& status) {
    if (status)
      done(result);
    else
      done(tl::unexpected(status.error()));
  });
}

Result<transfer::ReachPointer> Queue::Impl::OpenReach(const Job& job) const {
  const Access& access = AccessOf(job);
  Result<ProxyRules> proxies = RulesOf(access.proxy, options_.transfers);
  if (!proxies) return tl::unexpected(proxies.error());
  auto reach = std::make_shared<transfer::Reach>();
  reach->user = job.creator;
  reach->proxies = *std::move(proxies);
  reach->security_flags = SettingsOf(job).security_flags;
  if (access.certificate)
    reach->certificate =
        transfer::CertificateFile(options_.transfers.client_certificates, *access.certificate);
  for (const SealedCredential& one : access.credentials) {
    auto secret = secrets_.Open({job.id, one.target, one.scheme}, one.sealed);
    if (!secret) return tl::unexpected(secret.error());
    reach->credentials.push_back({one.target, one.scheme, std::move(secret->user),
                                  std::move(secret->password), store::IdentityOf(one.sealed)});
  }
  if (const auto& sealed = SettingsOf(job).custom_headers; !sealed.empty()) {
    auto headers = secrets_.OpenHeaders(job.id, sealed);
    if (!headers) return tl::unexpected(headers.error());
    // Set while the policy was another.
    if (Status allowed = CheckHeaderPolicy(headers->text(), options_.transfers); !allowed)
      return tl::unexpected(allowed.error());
    reach->custom_headers = *std::move(headers);
  }
  return reach;
}

}  // namespace engine
