#include <algorithm>

#include "wsman/wql.h"

namespace wsman::wql {
namespace {

// In the kind of quotes that needs fewer escapes.
std::string QuotedText(const std::string& text) {
  const auto doubles = std::count(text.begin(), text.end(), '"');
  const auto singles = std::count(text.begin(), text.end(), '\'');
  const char quote = doubles > singles ? '\'' : '"';
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += quote;
}

std::string ConstantText(const Constant& constant) {
  if (const auto* boolean = std::get_if<bool>(&constant)) return *boolean ? "TRUE" : "FALSE";
  if (const auto* number = std::get_if<Number>(&constant))
    return (number->is_negative ? "-" : "") + std::to_string(number->magnitude);
  return QuotedText(std::get<std::string>(constant));
}

std::string_view OperatorText(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return "=";
    case Operator::kNotEqual:
      return "<>";
    case Operator::kLess:
      return "<";
    case Operator::kLessOrEqual:
      return "<=";
    case Operator::kGreater:
      return ">";
    case Operator::kGreaterOrEqual:
      return ">=";
    case Operator::kLike:
      return "LIKE";
    case Operator::kIsA:
      return "ISA";
    case Operator::kIsNull:
      return "IS NULL";
    case Operator::kIsNotNull:
      return "IS NOT NULL";
  }
  return {};
}

std::string TestText(const Test& test) {
  std::string text = test.property + " ";
  text += OperatorText(test.op);
  if (test.op == Operator::kIsNull || test.op == Operator::kIsNotNull) return text;
  return text + " " + ConstantText(test.constant);
}

// How tightly a condition holds together; an operand must hold together more
// tightly than what it stands in.
int Strength(Join join) {
  switch (join) {
    case Join::kOr:
      return 0;
    case Join::kAnd:
      return 1;
    case Join::kNot:
    case Join::kTest:
      break;
  }
  return 2;
}

// Recurses as deep as the condition, which Parse limits.
std::string ConditionText(const Condition& condition) {
  const auto operand_text = [&condition](const Condition& operand) {
    const bool stands_alone =
        Strength(operand.join) == 2 || Strength(operand.join) > Strength(condition.join);
    const std::string text = ConditionText(operand);
    return stands_alone ? text : "(" + text + ")";
  };
  if (condition.join == Join::kTest) return TestText(condition.test);
  if (condition.join == Join::kNot) return "NOT " + operand_text(condition.operands.front());
  std::string text;
  for (const Condition& operand : condition.operands) {
    if (!text.empty()) text += condition.join == Join::kAnd ? " AND " : " OR ";
    text += operand_text(operand);
  }
  return text;
}

}  // namespace

std::string Print(const Query& query) {
  std::string text = "SELECT ";
  for (const std::string& property : query.properties) {
    if (&property != &query.properties.front()) text += ", ";
    text += property;
  }
  if (query.properties.empty()) text += '*';
  text += " FROM " + query.class_name;
  if (query.within) text += " WITHIN " + *query.within;
  if (query.where) text += " WHERE " + ConditionText(*query.where);
  return text;
}

}  // namespace wsman::wql
