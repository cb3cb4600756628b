#include "wsman/wql_event.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "wsman/event_item.h"
#include "wsman/quoted.h"
#include "wsman/wql_evaluate.h"

namespace wsman::wql {
namespace {

using Predicate = std::function<bool(const EventView&)>;

constexpr std::string_view kTarget = "TargetInstance";
constexpr std::string_view kPrevious = "PreviousInstance";

tl::unexpected<Fault> DoesNotFit(std::string sentence) {
  return Fail(FaultCode::kCannotProcessFilter, std::move(sentence));
}

// "TargetInstance.State" as the instance and the property.
struct Path {
  std::string_view instance;
  std::string property;  // empty for the instance itself
};

Path PathOf(const std::string& name) {
  const std::size_t dot = name.find('.');
  const std::string_view first = std::string_view(name).substr(0, dot);
  return {first, dot == std::string::npos ? std::string() : name.substr(dot + 1)};
}

class Binder {
 public:
  Binder(const schema::Class& type, std::optional<EventKind> kind) : type_(type), kind_(kind) {}

  // Recurses as deep as the condition, which Parse limits.
  Result<Predicate> BindCondition(const Condition& condition) const {
    if (condition.join == Join::kTest) return BindPath(condition.test);
    std::vector<Predicate> operands;
    for (const Condition& operand : condition.operands) {
      Result<Predicate> bound = BindCondition(operand);
      if (!bound) return bound;
      operands.push_back(*std::move(bound));
    }
    return [join = condition.join, operands = std::move(operands)](const EventView& event) {
      const auto holds = [&event](const Predicate& operand) { return operand(event); };
      if (join == Join::kNot) return !holds(operands.front());
      return join == Join::kAnd ? std::all_of(operands.begin(), operands.end(), holds)
                                : std::any_of(operands.begin(), operands.end(), holds);
    };
  }

 private:
  Result<Predicate> BindPath(const Test& test) const {
    const Path path = PathOf(test.property);
    const bool is_previous = schema::EqualsIgnoreCase(path.instance, kPrevious);
    if (!is_previous && !schema::EqualsIgnoreCase(path.instance, kTarget)) {
      return DoesNotFit(
          fmt::format("The query names {}; write {}.Property.", Quoted(test.property), kTarget));
    }
    if (is_previous && kind_ != EventKind::kModification) {
      return DoesNotFit(
          fmt::format("Only {} has a {}.", EventClassName(EventKind::kModification), kPrevious));
    }
    const bool is_isa = test.op == Operator::kIsA;
    if (is_isa != path.property.empty()) {
      return DoesNotFit(
          fmt::format("{} cannot be tested like this; write {}.Property for values "
                      "and {} ISA 'Class' for the class.",
                      Quoted(test.property), kTarget, kTarget));
    }
    auto bound = BindTest(Test{is_isa ? "__this" : path.property, test.op, test.constant}, type_);
    if (!bound) return tl::unexpected(bound.error());
    return [is_previous, holds = *std::move(bound)](const EventView& event) {
      return holds(is_previous ? *event.previous : event.target);
    };
  }

  const schema::Class& type_;
  const std::optional<EventKind> kind_;
};

std::string FirstClass(const Condition& condition) {
  if (condition.join == Join::kTest) {
    const bool names_class = condition.test.op == Operator::kIsA &&
                             schema::EqualsIgnoreCase(condition.test.property, kTarget);
    return names_class ? std::get<std::string>(condition.test.constant) : std::string();
  }
  for (const Condition& operand : condition.operands) {
    if (std::string name = FirstClass(operand); !name.empty()) return name;
  }
  return {};
}

}  // namespace

std::string ClassOfEvents(const Query& query) {
  return query.where ? FirstClass(*query.where) : std::string();
}

Result<BoundEventQuery> BindEvents(const Query& query, const schema::Class& type) {
  if (!query.properties.empty())
    return DoesNotFit("Events are delivered whole; write SELECT * instead of properties.");
  BoundEventQuery bound{std::nullopt, [](const EventView&) { return true; }};
  if (!schema::EqualsIgnoreCase(query.class_name, kAnyEventClass)) {
    bound.kind = EventKindOf(query.class_name);
    if (!bound.kind) {
      return DoesNotFit(fmt::format(
          "The query asks for {}; the classes of events are {}, {}, {} "
          "and {}.",
          Quoted(query.class_name), kAnyEventClass, EventClassName(EventKind::kCreation),
          EventClassName(EventKind::kModification), EventClassName(EventKind::kDeletion)));
    }
  }
  if (!query.where) return bound;
  Result<Predicate> holds = Binder(type, bound.kind).BindCondition(*query.where);
  if (!holds) return tl::unexpected(holds.error());
  bound.holds = *std::move(holds);
  return bound;
}

}  // namespace wsman::wql
