// Arguments and outputs of a bound method call by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "wsman/resource.h"

namespace provider {

// The argument of the named in parameter; NULL when it was not given or the
// method has no such parameter.
const schema::Value& ArgumentOf(const wsman::MethodCall& call, std::string_view parameter);

// The same by type; empty for NULL and for a value of another type.
std::optional<std::string> TextArgument(const wsman::MethodCall& call, std::string_view parameter);
std::optional<std::uint64_t> NumberArgument(const wsman::MethodCall& call,
                                            std::string_view parameter);
std::optional<bool> FlagArgument(const wsman::MethodCall& call, std::string_view parameter);

using NamedValues = std::vector<std::pair<std::string_view, schema::Value>>;

// A reply of `method`; out parameters that are not named stay NULL.
wsman::MethodResult MakeResult(const schema::Method& method, engine::HResult return_value,
                               NamedValues outputs = {});

}  // namespace provider
