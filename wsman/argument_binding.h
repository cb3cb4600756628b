// From the body of a method call to typed arguments.
#pragma once

#include "schema/cim.h"
#include "wsman/fault.h"
#include "wsman/message.h"
#include "wsman/resource.h"

namespace wsman {

// E_INVALIDARG, the code of an argument that is missing, repeated or out of
// its type's range.
inline constexpr std::uint32_t kInvalidArgument = 2147942487;

// Binds <Method_INPUT> to the method's parameters. Names compare without case,
// in any order and any namespace: PowerShell changes the order from process to
// process and scripts write other namespaces and spellings than the MOF.
//
// Faults: kSchemaValidationError (no body, or not one element),
// kActionMismatch (another element), kParameterInvalidName (unknown or an out
// parameter), kParameterTypeMismatch, kInvalidParameter with E_INVALIDARG.
Result<MethodCall> BindArguments(const schema::Method& method, const Request& request);

}  // namespace wsman
