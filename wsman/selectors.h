// From a w:SelectorSet to the keys of an instance.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/cim.h"
#include "wsman/fault.h"
#include "wsman/message.h"
#include "wsman/resource.h"

namespace wsman {

// Whether the selector names a CIM namespace instead of a key.
bool IsNamespaceSelector(std::string_view name);

// A namespace with single forward slashes: WMI also writes root\microsoft\bits
// and doubled separators.
std::string NormalNamespace(std::string_view text);

// The normal form of the namespace selector; empty when there is none.
std::optional<std::string> SelectedNamespace(const std::vector<Selector>& selectors);

// The keys in the class's own spelling and order. Names compare without case;
// the namespace selector is skipped. Faults: kDuplicateSelectors,
// kUnexpectedSelectors (not a key), kSelectorTypeMismatch,
// kInsufficientSelectors.
Result<Keys> BindSelectors(const schema::Class& type, const std::vector<Selector>& selectors);

// For operations that address no instance: any selector but the namespace is
// kUnexpectedSelectors.
Result<void> CheckNoKeySelectors(const std::vector<Selector>& selectors);

}  // namespace wsman
