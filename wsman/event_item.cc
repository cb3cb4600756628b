#include "wsman/event_item.h"

#include <array>
#include <ratio>
#include <utility>
#include <vector>

#include "schema/cim.h"
#include "wsman/xml/instance_writer.h"

namespace wsman {
namespace {

using schema::Property;
using schema::Type;

constexpr Property kTarget{"TargetInstance", Type::kInstance, "The instance after the event."};
constexpr Property kTime{"TIME_CREATED", Type::kUint64, "When it happened, as FILETIME."};
constexpr Property kPrevious{"PreviousInstance", Type::kInstance, "The instance before it."};

constexpr std::array kOneInstance = {kTarget, kTime};
constexpr std::array kTwoInstances = {kTarget, kTime, kPrevious};

// In the order of EventKind. They exist in every namespace.
constexpr std::array<schema::Class, 3> kClasses = {{
    {"__InstanceCreationEvent", "", "An instance was made.", kOneInstance, {}},
    {"__InstanceModificationEvent", "", "An instance was changed.", kTwoInstances, {}},
    {"__InstanceDeletionEvent", "", "An instance has gone.", kOneInstance, {}},
}};

const schema::Class& ClassOf(EventKind kind) { return kClasses.at(static_cast<std::size_t>(kind)); }

std::uint64_t ToFiletime(std::chrono::system_clock::time_point time) {
  using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
  constexpr std::chrono::seconds k1601To1970{11'644'473'600};
  const auto ticks = std::chrono::duration_cast<Ticks>(time.time_since_epoch()) + k1601To1970;
  return static_cast<std::uint64_t>(ticks.count());
}

schema::Value Embedded(schema::Instance instance) {
  std::vector<schema::Instance> one;
  one.push_back(std::move(instance));
  return one;
}

}  // namespace

std::string_view EventClassName(EventKind kind) { return ClassOf(kind).name; }

std::optional<EventKind> EventKindOf(std::string_view class_name) {
  for (const EventKind kind :
       {EventKind::kCreation, EventKind::kModification, EventKind::kDeletion}) {
    if (schema::EqualsIgnoreCase(class_name, EventClassName(kind))) return kind;
  }
  return std::nullopt;
}

std::string WriteEvent(const InstanceEvent& event, const ResourceUri& uri) {
  schema::Instance instance{&ClassOf(event.kind), {}};
  instance.values.push_back(Embedded(event.target()));
  instance.values.push_back(ToFiletime(event.time));
  if (event.kind == EventKind::kModification) instance.values.push_back(Embedded(event.previous()));
  // An event does not stand in the namespace of the class it is about.
  ResourceUri event_uri = uri;
  event_uri.class_name = "*";
  return xml::WriteInstance(instance, event_uri);
}

}  // namespace wsman
