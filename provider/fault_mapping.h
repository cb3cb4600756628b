// From the engine's errors to what a WS-Management client sees. Bad input is a
// fault that says what to change; a refusal that BITS itself would give a
// well-formed call is a normal reply whose ReturnValue is the HRESULT; what
// went wrong inside is named and nothing more.
#pragma once

#include "engine/error.h"
#include "wsman/fault.h"

namespace provider {

// Whether a failed method call of this code is answered with ReturnValue
// instead of a fault.
bool IsReturnValue(engine::HResult code);

// The fault of a failed method or Delete. Its Code is the HRESULT, except for
// jobs that do not exist (NoSuchJob).
wsman::Fault ToFault(const engine::Error& error);

// The fault of a failed Put: refused values are InvalidRepresentation with
// InvalidValues; everything else as ToFault.
wsman::Fault ToPutFault(const engine::Error& error);

// The one answer for a job that does not exist or that the caller may not see:
// nothing in it depends on the job.
wsman::Fault NoSuchJob();

// A JobId selector that is not a GUID.
wsman::Fault NotAJobId();

}  // namespace provider
