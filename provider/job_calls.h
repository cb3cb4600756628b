// What every class about jobs does with a call: find the job, say who calls, turn
// the engine's answer into a reply.
#pragma once

#include "engine/engine.h"
#include "provider/job_access.h"
#include "provider/jobs.h"
#include "provider/roles.h"
#include "wsman/resource.h"

namespace provider {

// The job of the key JobId when the caller may do that with it; NoSuchJob when
// there is none or he may not, NotAJobId when the key is no GUID.
wsman::Result<engine::JobSnapshot> FindJob(const Jobs& jobs, const JobAccess& access,
                                           const wsman::Caller& caller, wsman::Operation operation,
                                           const wsman::Keys& keys);

engine::Actor ActorFor(const wsman::Caller& caller, const Roles& roles);

// The outcome of a call that BITS may refuse: ReturnValue or a fault.
wsman::Result<wsman::MethodResult> ToMethodResult(const schema::Method& method,
                                                  const engine::Error& error);

}  // namespace provider
