#include "provider/job_calls.h"

#include <optional>

#include "provider/fault_mapping.h"
#include "provider/method_call.h"

namespace provider {

wsman::Result<engine::JobSnapshot> FindJob(const Jobs& jobs, const JobAccess& access,
                                           const wsman::Caller& caller, wsman::Operation operation,
                                           const wsman::Keys& keys) {
  const std::optional<engine::JobId> id =
      keys.empty() ? std::nullopt : engine::JobId::Parse(keys.front().value);
  if (!id) return tl::unexpected(NotAJobId());
  engine::JobSnapshot job = jobs.Find(*id);
  if (!job || !access.Allows(caller.principal, operation, *job)) return tl::unexpected(NoSuchJob());
  return job;
}

namespace {

// Ids without a number here are nobody's; no file has this one.
constexpr uid_t kNobodysNumber = static_cast<uid_t>(-1);

engine::SourceReader ReaderFor(const wsman::auth::PeerCredentials& peer) {
  using wsman::auth::kUnknownGroup;
  using wsman::auth::kUnknownUser;
  engine::SourceReader reader{peer.user() == kUnknownUser ? kNobodysNumber : peer.user(), {}};
  for (const gid_t group : peer.groups().value_or(std::vector<gid_t>())) {
    if (group != kUnknownGroup) reader.groups.push_back(group);
  }
  return reader;
}

}  // namespace

engine::Actor ActorFor(const wsman::Caller& caller, const Roles& roles) {
  const bool is_administrator = roles.RoleOf(caller.principal) == Role::kAdministrator;
  engine::Actor actor{caller.principal.name(), is_administrator};
  const auto& peer = caller.principal.peer();
  // He has an account on this machine: what its rights keep from him he does not get by
  // way of this service.
  if (peer && !is_administrator) actor.reader = ReaderFor(*peer);
  return actor;
}

wsman::Result<wsman::MethodResult> ToMethodResult(const schema::Method& method,
                                                  const engine::Error& error) {
  if (IsReturnValue(error.code)) return MakeResult(method, error.code);
  return tl::unexpected(ToFault(error));
}

}  // namespace provider
