// The arguments of BitsdJobSettings' methods as the engine's types.
#pragma once

#include "engine/engine.h"
#include "wsman/resource.h"

namespace provider {

// RemoteUrl, LocalFile and Ranges of AddFileWithRanges.
wsman::Result<engine::FileSpec> RangesArguments(const wsman::MethodCall& call);

// What ReplaceRemotePrefix, SetRemoteName and SetValidationState ask of the
// engine, unchecked but for missing arguments: a fault with E_INVALIDARG.
wsman::Result<engine::FileChange> FileChangeArguments(const wsman::MethodCall& call);

}  // namespace provider
