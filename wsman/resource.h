// What a class must offer to be managed: the border between the protocol and
// the providers.
//
// Who calls what: the Dispatcher calls every method on the HTTP thread that
// owns the connection, after authentication, role check, header checks and
// typing against GetClass(). Get and Enumerate answer at once and must not
// block. The others may answer later through `done`, once, from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/cim.h"
#include "wsman/auth/principal.h"
#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman {

template <class T>
using Completion = std::function<void(Result<T>)>;

// The caller of an operation. Copyable, so that it can outlive the request.
struct Caller {
  auth::Principal principal;
};

// Key properties of the addressed instance, spelt as the class spells them and
// each present exactly once. Empty for static methods.
using Keys = std::vector<Selector>;

// New values of writable properties, already typed; only those that differ
// from the present ones.
struct PropertyChange {
  const schema::Property* property;
  schema::Value value;
};
using PropertyChanges = std::vector<PropertyChange>;

// A call with its arguments bound: arguments[i] belongs to
// method->parameters[i], NULL for absent, nil and out parameters. Required in
// parameters are never NULL.
struct MethodCall {
  const schema::Method* method;
  std::vector<schema::Value> arguments;
};

// outputs[i] belongs to method->parameters[i]; those of in parameters are ignored.
struct MethodResult {
  std::uint32_t return_value = 0;
  std::vector<schema::Value> outputs;
};

// A snapshot of instances taken when Enumerate was called; read item by item so
// that a large class never stands whole in memory as XML.
class InstanceSource {
 public:
  virtual ~InstanceSource() = default;
  virtual std::optional<schema::Instance> Next() = 0;
  // How many Next() will still give; an estimate is enough.
  virtual std::size_t Remaining() const = 0;
};

class ResourceHandler {
 public:
  virtual ~ResourceHandler() = default;

  virtual const schema::Class& GetClass() const = 0;

  virtual Result<schema::Instance> Get(const Caller& caller, const Keys& keys) = 0;
  virtual std::unique_ptr<InstanceSource> Enumerate(const Caller& caller) = 0;
  // The representation after the change.
  virtual void Put(const Caller& caller, const Keys& keys, PropertyChanges changes,
                   Completion<schema::Instance> done) = 0;
  virtual void Delete(const Caller& caller, const Keys& keys, Completion<std::monostate> done) = 0;
  virtual void Invoke(const Caller& caller, const Keys& keys, MethodCall call,
                      Completion<MethodResult> done) = 0;
};

}  // namespace wsman
