#include "wsman/wql_evaluate.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "wsman/quoted.h"
#include "wsman/wql_like.h"

namespace wsman::wql {
namespace {

using Predicate = std::function<bool(const schema::Instance&)>;

tl::unexpected<Fault> DoesNotFit(std::string sentence) {
  return Fail(FaultCode::kCannotProcessFilter, std::move(sentence));
}

std::weak_ordering CompareIgnoreCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  };
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (lower(a[i]) != lower(b[i])) return lower(a[i]) <=> lower(b[i]);
  }
  return a.size() <=> b.size();
}

// A value of the property compared with the constant.
std::weak_ordering Order(const schema::Value& value, const Constant& constant) {
  if (const auto* number = std::get_if<Number>(&constant)) {
    if (number->is_negative) return std::weak_ordering::greater;
    return std::get<std::uint64_t>(value) <=> number->magnitude;
  }
  if (const auto* boolean = std::get_if<bool>(&constant)) return std::get<bool>(value) <=> *boolean;
  return CompareIgnoreCase(std::get<std::string>(value), std::get<std::string>(constant));
}

bool Fits(Operator op, std::weak_ordering order) {
  switch (op) {
    case Operator::kEqual:
      return order == 0;
    case Operator::kNotEqual:
      return order != 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kLessOrEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    case Operator::kGreaterOrEqual:
      return order >= 0;
    case Operator::kLike:
    case Operator::kIsA:
    case Operator::kIsNull:
    case Operator::kIsNotNull:
      break;  // not comparisons
  }
  return false;
}

// The constant as the property's own type.
Result<Constant> Typed(const schema::Property& property, const Constant& constant) {
  const auto wrong = [&property](std::string_view written) {
    return DoesNotFit(fmt::format("The query compares {}, which is a {}, with {}.", property.name,
                                  schema::MofName(property.type), written));
  };
  const auto* text = std::get_if<std::string>(&constant);
  const auto* number = std::get_if<Number>(&constant);
  if (property.type == schema::Type::kString)
    return text != nullptr ? Result<Constant>(*text) : wrong("a constant without quotes");
  if (property.type == schema::Type::kBoolean) {
    if (std::holds_alternative<bool>(constant)) return constant;
    if (number != nullptr && !number->is_negative && number->magnitude <= 1)
      return Constant(number->magnitude == 1);
  } else {
    if (number != nullptr) return constant;
    if (std::holds_alternative<bool>(constant)) return wrong("TRUE or FALSE");
  }
  if (text == nullptr) return wrong("a number");
  const schema::ParsedText parsed = schema::ParseScalar(property.type, *text);
  if (!parsed.value) return wrong(Quoted(*text));
  if (const auto* boolean = std::get_if<bool>(&*parsed.value)) return Constant(*boolean);
  return Constant(Number{false, std::get<std::uint64_t>(*parsed.value)});
}

class Binder {
 public:
  explicit Binder(const schema::Class& type) : type_(type) {}

  Result<const schema::Property*> Find(const std::string& name) const {
    if (const schema::Property* property = schema::FindProperty(type_, name)) return property;
    return DoesNotFit(
        fmt::format("The query names {}, but {} has no such property.", Quoted(name), type_.name));
  }

  // Recurses as deep as the condition, which Parse limits.
  Result<Predicate> BindCondition(const Condition& condition) const {
    if (condition.join == Join::kTest) return BindTest(condition.test);
    std::vector<Predicate> operands;
    for (const Condition& operand : condition.operands) {
      Result<Predicate> bound = BindCondition(operand);
      if (!bound) return bound;
      operands.push_back(*std::move(bound));
    }
    return [join = condition.join, operands = std::move(operands)](const schema::Instance& item) {
      const auto holds = [&item](const Predicate& operand) { return operand(item); };
      if (join == Join::kNot) return !holds(operands.front());
      return join == Join::kAnd ? std::all_of(operands.begin(), operands.end(), holds)
                                : std::any_of(operands.begin(), operands.end(), holds);
    };
  }

  Result<Predicate> BindTest(const Test& test) const {
    if (test.op == Operator::kIsA) return BindIsA(test);
    const auto property = Find(test.property);
    if (!property) return tl::unexpected(property.error());
    const auto index = static_cast<std::size_t>(*property - type_.properties.data());
    if (test.op == Operator::kIsNull || test.op == Operator::kIsNotNull) {
      return [index, is_null = test.op == Operator::kIsNull](const schema::Instance& item) {
        return schema::IsNull(item.values[index]) == is_null;
      };
    }
    if ((*property)->is_array || (*property)->embedded != nullptr) {
      return DoesNotFit(fmt::format(
          "{} holds more than one value and cannot be compared; use IS NULL.", (*property)->name));
    }
    return test.op == Operator::kLike ? BindLike(**property, index, test)
                                      : BindComparison(**property, index, test);
  }

 private:
  // No class has a subclass.
  Result<Predicate> BindIsA(const Test& test) const {
    if (!schema::EqualsIgnoreCase(test.property, "__this")) {
      return DoesNotFit(
          fmt::format("ISA asks for the class of __this only, not of {}.", Quoted(test.property)));
    }
    const bool holds = schema::EqualsIgnoreCase(std::get<std::string>(test.constant), type_.name);
    return [holds](const schema::Instance&) { return holds; };
  }

  static Result<Predicate> BindLike(const schema::Property& property, std::size_t index,
                                    const Test& test) {
    if (property.type != schema::Type::kString) {
      return DoesNotFit(fmt::format("{} is a {}; LIKE is for texts only.", property.name,
                                    schema::MofName(property.type)));
    }
    auto pattern = LikePattern::Parse(std::get<std::string>(test.constant));
    if (!pattern) return DoesNotFit("In the pattern of LIKE " + pattern.error() + ".");
    return [index, pattern = *std::move(pattern)](const schema::Instance& item) {
      const auto* text = std::get_if<std::string>(&item.values[index]);
      return text != nullptr && pattern.Matches(*text);
    };
  }

  static Result<Predicate> BindComparison(const schema::Property& property, std::size_t index,
                                          const Test& test) {
    if (property.type == schema::Type::kBoolean && test.op != Operator::kEqual &&
        test.op != Operator::kNotEqual) {
      return DoesNotFit(fmt::format("{} is a boolean; compare it with = or <>.", property.name));
    }
    Result<Constant> constant = Typed(property, test.constant);
    if (!constant) return tl::unexpected(constant.error());
    return [index, op = test.op, constant = *std::move(constant)](const schema::Instance& item) {
      const schema::Value& value = item.values[index];
      return !schema::IsNull(value) && Fits(op, Order(value, constant));
    };
  }

  const schema::Class& type_;
};

}  // namespace

Result<Predicate> BindTest(const Test& test, const schema::Class& type) {
  return Binder(type).BindTest(test);
}

Result<BoundQuery> Bind(const Query& query, const schema::Class& type) {
  const Binder binder(type);
  BoundQuery bound{{}, [](const schema::Instance&) { return true; }};
  for (const std::string& name : query.properties) {
    const auto property = binder.Find(name);
    if (!property) return tl::unexpected(property.error());
    auto& listed = bound.properties;
    if (std::find(listed.begin(), listed.end(), *property) == listed.end())
      listed.push_back(*property);
  }
  if (query.where) {
    Result<Predicate> where = binder.BindCondition(*query.where);
    if (!where) return tl::unexpected(where.error());
    bound.matches = *std::move(where);
  }
  return bound;
}

}  // namespace wsman::wql
