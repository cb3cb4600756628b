// The arguments of SetCredentials, RemoveCredentials, SetClientCertificateById,
// SetClientCertificateByName, RemoveClientCertificate and SetProxySettings.
#pragma once

#include "engine/access.h"
#include "wsman/resource.h"

namespace provider {

// What the call asks of the engine, unchecked but for missing arguments: a fault
// with E_INVALIDARG. `call` must be one of the six methods.
wsman::Result<engine::AccessChange> AccessArguments(const wsman::MethodCall& call);

}  // namespace provider
