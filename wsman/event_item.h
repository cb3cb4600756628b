// Events as the classes of WMI that stand for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wsman/resource.h"
#include "wsman/resource_uri.h"

namespace wsman {

// The class above the three kinds.
inline constexpr std::string_view kAnyEventClass = "__InstanceOperationEvent";

// "__InstanceModificationEvent".
std::string_view EventClassName(EventKind kind);
// Compared without case; empty for other classes.
std::optional<EventKind> EventKindOf(std::string_view class_name);

// The event as one self-contained element, in the family of the resource URI
// that was subscribed to: <p:__InstanceModificationEvent …> with TargetInstance,
// for modifications PreviousInstance, and TIME_CREATED (100 ns steps since 1601).
std::string WriteEvent(const InstanceEvent& event, const ResourceUri& uri);

}  // namespace wsman
