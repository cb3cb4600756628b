// Action URIs (DSP0226; WS-Transfer, WS-Enumeration, WS-Eventing) as an enum.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsman {

// What a request asks for. kInvoke stands for every class method.
enum class Operation {
  kIdentify,
  kGet,
  kPut,
  kDelete,
  kCreate,
  kEnumerate,
  kPull,
  kRelease,
  kInvoke,
  kSubscribe,
  kUnsubscribe,
  kRenew,  // of a subscription, as the next
  kGetStatus,
};

// The operation of a protocol action URI; empty when it is none of the fixed
// ones (a method call, or nonsense: see MethodOf).
std::optional<Operation> FixedOperation(std::string_view action);

// The request action URI of a fixed operation other than kIdentify and kInvoke.
std::string_view ActionUri(Operation operation);

// The method name in `action` when its part before the last '/' is the resource
// URI (compared without case, either URI family), or when the action is a bare
// name. Empty when it is not a method action for that resource.
std::optional<std::string_view> MethodOf(std::string_view action, std::string_view resource_uri);

}  // namespace wsman
