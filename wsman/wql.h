// WQL, the query language of WMI, as far as instances are asked for:
//
//   SELECT * | Property, … FROM Class [WITHIN seconds] [WHERE condition]
//
// WITHIN belongs to queries for events (wql_event.h); a number with or without
// fraction.
//
// A condition joins tests with AND, OR, NOT and parentheses. A test is
// `Property operator constant` or the other way round, `Property LIKE 'pattern'`,
// `Property IS [NOT] NULL` or `__this ISA 'Class'`. Operators are = <> != < > <=
// and >=. Constants are whole numbers, texts in single or double quotes (in
// which \\, \' and \" stand for the second character), TRUE, FALSE and NULL.
// Keywords have no case.
//
// Pure functions over values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wsman/fault.h"

namespace wsman::wql {

// The largest accepted values.
inline constexpr std::size_t kWqlBytes = 4'096;
inline constexpr std::size_t kWqlSymbols = 256;  // words, constants, operators, brackets, commas
inline constexpr std::size_t kWqlDepth = 32;     // of parentheses and NOT inside each other

// A whole number; never a negative zero.
struct Number {
  bool is_negative = false;
  std::uint64_t magnitude = 0;

  bool operator==(const Number&) const = default;
};

using Constant = std::variant<bool, Number, std::string>;

enum class Operator {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kLike,  // the constant is a text that LikePattern::Parse accepts
  kIsA,   // the constant is the name of a class
  kIsNull,
  kIsNotNull,
};

struct Test {
  std::string property;  // as written
  Operator op = Operator::kEqual;
  Constant constant = false;  // false for kIsNull and kIsNotNull

  bool operator==(const Test&) const = default;
};

enum class Join { kTest, kNot, kAnd, kOr };

struct Condition {
  Join join = Join::kTest;
  Test test;                        // for kTest
  std::vector<Condition> operands;  // one for kNot; two or more for kAnd and kOr
};
bool operator==(const Condition& a, const Condition& b);

struct Query {
  std::vector<std::string> properties;  // as written; empty for *
  std::string class_name;
  std::optional<Condition> where;
  std::optional<std::string> within;  // seconds, as written

  bool operator==(const Query&) const = default;
};

// `constant op property` becomes `property op constant`, and comparison with
// NULL becomes IS NULL or IS NOT NULL. kCannotProcessFilter with the position
// (in characters, from 1) and what was expected there.
Result<Query> Parse(std::string_view text);

// The query in one spelling, which Parse reads as an equal query. It has no
// more symbols and depth than any other spelling, but may have more spaces.
std::string Print(const Query& query);

}  // namespace wsman::wql
