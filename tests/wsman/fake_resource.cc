#include "fake_resource.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "schema/bits_classes.h"

namespace wsman {
namespace {

using schema::Access;
using schema::Direction;
using schema::Presence;
using schema::Type;

constexpr auto kPartProperties = std::to_array<schema::Property>({
    {.name = "Label", .type = Type::kString, .description = ""},
    {.name = "Weight", .type = Type::kUint16, .description = ""},
});
constexpr schema::Class kPart{"TestPart", "root/test", "", kPartProperties, {}};

constexpr auto kProperties = std::to_array<schema::Property>({
    {.name = "Id", .type = Type::kUint32, .description = "", .is_key = true},
    {.name = "Name", .type = Type::kString, .description = "", .access = Access::kReadWrite},
    {.name = "Active", .type = Type::kBoolean, .description = "", .access = Access::kReadWrite},
    {.name = "Level", .type = Type::kUint8, .description = "", .access = Access::kReadWrite},
    {.name = "Total", .type = Type::kUint64, .description = ""},
    {.name = "Codes", .type = Type::kUint8, .description = "", .is_array = true},
    {.name = "Parts",
     .type = Type::kInstance,
     .description = "",
     .is_array = true,
     .embedded = &kPart},
});

constexpr auto kMakeParameters = std::to_array<schema::Parameter>({
    {.name = "Name", .type = Type::kString, .direction = Direction::kIn, .description = ""},
    {.name = "Level",
     .type = Type::kUint8,
     .direction = Direction::kIn,
     .description = "",
     .presence = Presence::kOptional},
    {.name = "Id", .type = Type::kUint32, .direction = Direction::kOut, .description = ""},
});
constexpr auto kAdjustParameters = std::to_array<schema::Parameter>({
    {.name = "Active", .type = Type::kBoolean, .direction = Direction::kIn, .description = ""},
    {.name = "Codes",
     .type = Type::kUint8,
     .direction = Direction::kIn,
     .description = "",
     .presence = Presence::kOptional,
     .is_array = true},
    {.name = "Delta",
     .type = Type::kUint16,
     .direction = Direction::kIn,
     .description = "",
     .presence = Presence::kOptional},
    {.name = "Note", .type = Type::kString, .direction = Direction::kOut, .description = ""},
});
constexpr auto kMethods = std::to_array<schema::Method>({
    {.name = "Make", .description = "", .parameters = kMakeParameters, .is_static = true},
    {.name = "Adjust", .description = "", .parameters = kAdjustParameters},
    {.name = "Reset", .description = "", .parameters = {}},
});
constexpr schema::Class kSensor{"TestSensor", "root/test", "", kProperties, kMethods};

std::string WithoutBraces(const std::string& text) {
  if (text.size() > 2 && text.front() == '{' && text.back() == '}')
    return text.substr(1, text.size() - 2);
  return text;
}

class Snapshot : public InstanceSource {
 public:
  explicit Snapshot(std::vector<schema::Instance> instances) : instances_(std::move(instances)) {}
  std::optional<schema::Instance> Next() override {
    if (next_ == instances_.size()) return std::nullopt;
    return instances_[next_++];
  }
  std::size_t Remaining() const override { return instances_.size() - next_; }

 private:
  std::vector<schema::Instance> instances_;
  std::size_t next_ = 0;
};

tl::unexpected<Fault> NotFound() {
  return Fail(FaultCode::kDestinationUnreachable, "There is no such instance.");
}

}  // namespace

const schema::Class& Sensor() { return kSensor; }
const schema::Class& SensorPart() { return kPart; }

schema::Instance MakeInstance(const schema::Class& type,
                              std::vector<std::pair<std::string, schema::Value>> values) {
  schema::Instance instance{&type, std::vector<schema::Value>(type.properties.size())};
  for (auto& [name, value] : values) {
    const schema::Property* property = schema::FindProperty(type, name);
    instance.values.at(static_cast<std::size_t>(property - type.properties.data())) =
        std::move(value);
  }
  return instance;
}

schema::Instance MakeSensor(std::uint64_t id) {
  std::vector<schema::Instance> parts;
  for (const char* label : {"left", "right"})
    parts.push_back(MakeInstance(kPart, {{"Label", std::string(label)}, {"Weight", id}}));
  return MakeInstance(kSensor, {{"Id", id},
                                {"Name", "sensor " + std::to_string(id)},
                                {"Active", true},
                                {"Level", std::uint64_t{7}},
                                {"Total", std::uint64_t{18446744073709551615U}},
                                {"Codes", std::vector<std::uint64_t>{1, 2, 255}},
                                {"Parts", std::move(parts)}});
}

schema::Instance MakeJob(const std::string& job_id) {
  std::vector<schema::Instance> files;
  files.push_back(
      MakeInstance(schema::BitsClientFile(),
                   {{"RemoteUrl", std::string("https://Server01/servertestdir/testfile1.txt")},
                    {"LocalFile", std::string("C:\\clienttestdir\\testfile1.txt")},
                    {"BytesTotal", std::uint64_t{18446744073709551615U}},
                    {"BytesTransferred", std::uint64_t{0}},
                    {"Completed", false}}));
  return MakeInstance(schema::BitsClientJob(), {{"JobId", job_id},
                                                {"DisplayName", std::string("TestJob")},
                                                {"Priority", std::uint64_t{2}},
                                                {"MinimumRetryDelay", std::uint64_t{600}},
                                                {"NoProgressTimeout", std::uint64_t{1209600}},
                                                {"State", std::uint64_t{6}},
                                                {"Owner", std::string("S-1-5-20")},
                                                {"Files", std::move(files)}});
}

// One watch at a time is enough here.
class FakeEvents::Registration : public EventWatch {
 public:
  explicit Registration(std::shared_ptr<Listeners> listeners) : listeners_(std::move(listeners)) {}
  ~Registration() override {
    const std::lock_guard lock(listeners_->mutex);
    listeners_->all.clear();
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  const std::shared_ptr<Listeners> listeners_;
};

std::unique_ptr<EventWatch> FakeEvents::Watch(EventListener listener) {
  const std::lock_guard lock(listeners_->mutex);
  listeners_->all.push_back(std::move(listener));
  return std::make_unique<Registration>(listeners_);
}

std::size_t FakeEvents::watches() const {
  const std::lock_guard lock(listeners_->mutex);
  return listeners_->all.size();
}

void FakeEvents::Tell(InstanceEvent event) {
  event.time = std::chrono::system_clock::time_point{};
  event.is_visible_to = is_visible_to;
  const auto told = std::make_shared<const InstanceEvent>(std::move(event));
  const std::lock_guard lock(listeners_->mutex);
  for (const EventListener& listener : listeners_->all) listener(told);
}

void FakeEvents::Created(schema::Instance instance) {
  Tell({EventKind::kCreation, [instance] { return instance; }, nullptr, {}});
}

void FakeEvents::Changed(schema::Instance before, schema::Instance after) {
  Tell({EventKind::kModification, [after] { return after; }, [before] { return before; }, {}});
}

void FakeEvents::Deleted(schema::Instance instance) {
  Tell({EventKind::kDeletion, [instance] { return instance; }, nullptr, {}});
}

Result<schema::Instance> FakeResource::Get(const Caller& /*caller*/, const Keys& keys) {
  keys_seen.push_back(keys);
  const auto found = Find(keys);
  if (found == instances.end()) return NotFound();
  return *found;
}

void FakeResource::Read(const Caller& caller, const Keys& keys, const schema::Property* /*only*/,
                        Completion<schema::Instance> done) {
  if (!reads_later) return done(Get(caller, keys));
  held.emplace_back([done = std::move(done), read = Get(caller, keys)] { done(read); });
}

std::unique_ptr<InstanceSource> FakeResource::Enumerate(const Caller& /*caller*/) {
  return std::make_unique<Snapshot>(instances);
}

void FakeResource::Put(const Caller& /*caller*/, const Keys& keys, PropertyChanges changes,
                       Completion<schema::Instance> done) {
  const auto found = Find(keys);
  if (found == instances.end()) return done(NotFound());
  auto& put = puts.emplace_back();
  for (PropertyChange& change : changes) {
    put.emplace_back(change.property->name, schema::ToText(change.value));
    found->values.at(static_cast<std::size_t>(change.property - type_.properties.data())) =
        std::move(change.value);
  }
  Finish([done = std::move(done), instance = *found] { done(instance); });
}

void FakeResource::Delete(const Caller& /*caller*/, const Keys& keys,
                          Completion<std::monostate> done) {
  const auto found = Find(keys);
  if (found == instances.end()) return done(NotFound());
  instances.erase(found);
  ++deletions;
  Finish([done = std::move(done)] { done(std::monostate()); });
}

void FakeResource::Invoke(const Caller& /*caller*/, const Keys& keys, MethodCall call,
                          Completion<MethodResult> done) {
  keys_seen.push_back(keys);
  if (!call.method->is_static && Find(keys) == instances.end()) return done(NotFound());
  Result<MethodResult> result = on_invoke ? on_invoke(call) : Result<MethodResult>(MethodResult());
  calls.push_back(std::move(call));
  Finish([done = std::move(done), result = std::move(result)] { done(result); });
}

std::vector<schema::Instance>::iterator FakeResource::Find(const Keys& keys) {
  return std::find_if(instances.begin(), instances.end(), [&keys](const auto& instance) {
    return std::all_of(keys.begin(), keys.end(), [&instance](const Selector& key) {
      return schema::EqualsIgnoreCase(
          WithoutBraces(schema::ToText(schema::ValueOf(instance, key.name))),
          WithoutBraces(key.value));
    });
  });
}

void FakeResource::Finish(std::function<void()> completion) {
  if (hold) {
    held.push_back(std::move(completion));
  } else {
    completion();
  }
}

}  // namespace wsman
