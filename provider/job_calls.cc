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

engine::Actor ActorFor(const wsman::Caller& caller, const Roles& roles) {
  return {caller.principal.name(), roles.RoleOf(caller.principal) == Role::kAdministrator};
}

wsman::Result<wsman::MethodResult> ToMethodResult(const schema::Method& method,
                                                  const engine::Error& error) {
  if (IsReturnValue(error.code)) return MakeResult(method, error.code);
  return tl::unexpected(ToFault(error));
}

}  // namespace provider
