// The arguments of BitsClientJob's methods as the engine's types. Bad input is a
// fault that says what to change.
#pragma once

#include <cstdint>

#include "engine/engine.h"
#include "wsman/resource.h"

namespace provider {

// RemoteUrl and LocalFile.
wsman::Result<engine::FileSpec> FileArguments(const wsman::MethodCall& call);

// All of CreateJob. `start_by_default` is what an absent Suspend means.
wsman::Result<engine::NewJob> NewJobArguments(const wsman::MethodCall& call, bool start_by_default);

// JobState of SetJobState: 0 cancel, 1 complete, 2 resume, 3 suspend.
wsman::Result<engine::JobMethod> JobMethodArgument(const wsman::MethodCall& call);

// Whether texts in English serve a LANGID: 0 and the other neutral ones mean
// the service's own language, and any kind of English will do.
bool IsEnglish(std::uint64_t language_id);

}  // namespace provider
