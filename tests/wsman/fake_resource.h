// Class handlers over memory, and the classes of the tests.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "schema/cim.h"
#include "wsman/resource.h"

namespace wsman {

// A class that has nothing to do with BITS: namespace root/test, key Id
// (uint32), one property of every kind, a static and an instance method.
const schema::Class& Sensor();
// The class embedded in Sensor.Parts.
const schema::Class& SensorPart();

// An instance with NULL in every property, then the given values.
schema::Instance MakeInstance(const schema::Class& type,
                              std::vector<std::pair<std::string, schema::Value>> values);

schema::Instance MakeSensor(std::uint64_t id);
schema::Instance MakeJob(const std::string& job_id);

// Tells events when a test says so. Thread-safe.
class FakeEvents : public EventSource {
 public:
  std::unique_ptr<EventWatch> Watch(EventListener listener) override;

  void Created(schema::Instance instance);
  void Changed(schema::Instance before, schema::Instance after);
  void Deleted(schema::Instance instance);
  std::size_t watches() const;

  std::function<bool(const Caller&)> is_visible_to;  // of the events from then on

 private:
  class Registration;
  struct Listeners {
    std::mutex mutex;
    std::vector<EventListener> all;  // guarded by mutex
  };
  void Tell(InstanceEvent event);

  std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

// Instances in a vector. Keys match without case and without braces. Not
// thread-safe.
class FakeResource : public ResourceHandler {
 public:
  explicit FakeResource(const schema::Class& type) : type_(type) {}

  const schema::Class& GetClass() const override { return type_; }
  Result<schema::Instance> Get(const Caller& caller, const Keys& keys) override;
  void Read(const Caller& caller, const Keys& keys, const schema::Property* only,
            Completion<schema::Instance> done) override;
  std::unique_ptr<InstanceSource> Enumerate(const Caller& caller) override;
  void Put(const Caller& caller, const Keys& keys, PropertyChanges changes,
           Completion<schema::Instance> done) override;
  void Delete(const Caller& caller, const Keys& keys, Completion<std::monostate> done) override;
  void Invoke(const Caller& caller, const Keys& keys, MethodCall call,
              Completion<MethodResult> done) override;

  EventSource* Events() override { return tells_events ? &events : nullptr; }

  std::vector<schema::Instance> instances;
  bool tells_events = true;
  FakeEvents events;

  // What Invoke answers; by default return value 0 and NULL outputs.
  std::function<Result<MethodResult>(const MethodCall&)> on_invoke;
  // While set, completions wait in `held` instead of running at once.
  bool hold = false;
  bool reads_later = false;  // whether Read waits too
  std::vector<std::function<void()>> held;

  // What was asked, in order.
  std::vector<Keys> keys_seen;
  std::vector<MethodCall> calls;
  std::vector<std::vector<std::pair<std::string, std::string>>> puts;  // name and text
  int deletions = 0;

 private:
  std::vector<schema::Instance>::iterator Find(const Keys& keys);
  void Finish(std::function<void()> completion);

  const schema::Class& type_;
};

}  // namespace wsman
