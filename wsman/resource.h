// What a class must offer to be managed: the border between the protocol and
// the providers.
//
// Who calls what: the Dispatcher calls every method on the HTTP thread that
// owns the connection, after authentication, role check, header checks and
// typing against GetClass(). Get and Enumerate answer at once and must not
// block. The others may answer later through `done`, once, from any thread; Put
// is called on the thread on which Read has answered.
#pragma once

#include <chrono>
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
  std::string message_id = {};  // a:MessageID of the request
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

enum class EventKind { kCreation, kModification, kDeletion };

// Something that happened to one instance. The functions make the instances
// when they are called, as often as they are called, on any thread: whoever
// reports an event does not pay for what nobody asks for.
struct InstanceEvent {
  EventKind kind = EventKind::kModification;
  std::function<schema::Instance()> target;    // after the event; for kDeletion the last there was
  std::function<schema::Instance()> previous;  // for kModification only, otherwise empty
  std::chrono::system_clock::time_point time;
  // Who may learn of it; empty: every subscriber. Asked like the functions above.
  std::function<bool(const Caller&)> is_visible_to = nullptr;
};

// Must not block, throw or stop watching.
using EventListener = std::function<void(std::shared_ptr<const InstanceEvent>)>;

// Listens for as long as it lives. Once the destructor has returned, the
// listener neither runs nor will run.
class EventWatch {
 public:
  virtual ~EventWatch() = default;
};

// A class that tells what happens to its instances. Thread-safe.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Tells every event from here on, in their order, one at a time, on a thread of
  // its own choice. An event is told after Get and Enumerate show it.
  virtual std::unique_ptr<EventWatch> Watch(EventListener listener) = 0;
};

class ResourceHandler {
 public:
  virtual ~ResourceHandler() = default;

  virtual const schema::Class& GetClass() const = 0;

  virtual Result<schema::Instance> Get(const Caller& caller, const Keys& keys) = 0;
  // What Get answers, for classes that cannot tell all of it at once: with what
  // else the caller may read of the instance. Operations on one instance use this.
  // Where `only` is given, that property and the keys are all that is looked at and
  // the others may be NULL: for classes with properties that are dear to make.
  virtual void Read(const Caller& caller, const Keys& keys, const schema::Property* only,
                    Completion<schema::Instance> done) {
    static_cast<void>(only);
    done(Get(caller, keys));
  }
  virtual std::unique_ptr<InstanceSource> Enumerate(const Caller& caller) = 0;
  // The representation after the change.
  virtual void Put(const Caller& caller, const Keys& keys, PropertyChanges changes,
                   Completion<schema::Instance> done) = 0;
  virtual void Delete(const Caller& caller, const Keys& keys, Completion<std::monostate> done) = 0;
  virtual void Invoke(const Caller& caller, const Keys& keys, MethodCall call,
                      Completion<MethodResult> done) = 0;
  // nullptr: clients cannot subscribe to this class. As long-lived as the handler.
  virtual EventSource* Events() { return nullptr; }
};

}  // namespace wsman
