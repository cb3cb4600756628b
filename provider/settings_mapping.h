// The settings of jobs as CIM instances and back.
#pragma once

#include <string>

#include "engine/engine.h"
#include "schema/cim.h"
#include "wsman/resource.h"

namespace provider {

// Every property of BitsdJobSettings, in its order; CustomHeaders is NULL.
schema::Instance ToSettingsInstance(const engine::Job& job);

// The same with the custom headers of the job.
schema::Instance WithCustomHeaders(schema::Instance settings, const engine::SecretText& headers);

// What a Put asks for. NULL is a fault, but for the headers.
wsman::Result<engine::SettingsChanges> ToSettingsChanges(wsman::PropertyChanges changes);

// Lines as they go into HTTP, from text whose line ends XML or a client may have
// changed: each ended by CR LF, the last one too. Empty stays empty.
std::string ToHeaderLines(std::string_view text);

}  // namespace provider
