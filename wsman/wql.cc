// Recursive descent; each function is one rule of the grammar and decides on
// the next symbol alone.
#include "wsman/wql.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "schema/cim.h"
#include "wsman/quoted.h"
#include "wsman/wql_lexer.h"
#include "wsman/wql_like.h"

namespace wsman::wql {
namespace {

// Empty for NULL.
using MaybeConstant = std::optional<Constant>;

std::optional<Operator> OperatorOf(std::string_view text) {
  if (text == "=") return Operator::kEqual;
  if (text == "<>" || text == "!=") return Operator::kNotEqual;
  if (text == "<") return Operator::kLess;
  if (text == "<=") return Operator::kLessOrEqual;
  if (text == ">") return Operator::kGreater;
  if (text == ">=") return Operator::kGreaterOrEqual;
  return std::nullopt;
}

bool IsSigned(std::string_view number) { return number.front() == '-' || number.front() == '+'; }

// The operator when both sides are exchanged.
Operator Mirrored(Operator op) {
  switch (op) {
    case Operator::kLess:
      return Operator::kGreater;
    case Operator::kLessOrEqual:
      return Operator::kGreaterOrEqual;
    case Operator::kGreater:
      return Operator::kLess;
    case Operator::kGreaterOrEqual:
      return Operator::kLessOrEqual;
    case Operator::kEqual:
    case Operator::kNotEqual:
    case Operator::kLike:
    case Operator::kIsA:
    case Operator::kIsNull:
    case Operator::kIsNotNull:
      break;
  }
  return op;
}

class Parser {
 public:
  explicit Parser(std::vector<Symbol> symbols) : symbols_(std::move(symbols)) {}

  Result<Query> ReadQuery() {
    if (!TakeWord("SELECT")) return Expected("SELECT");
    Query query;
    if (auto list = ReadProperties(query); !list) return tl::unexpected(list.error());
    if (!TakeWord("FROM")) return Expected("FROM");
    if (!IsName()) return Expected("the name of a class");
    query.class_name = Take().text;
    if (TakeWord("WITHIN")) {
      if (Next().kind != SymbolKind::kNumber || IsSigned(Next().text))
        return Expected("a number of seconds");
      query.within = Take().text;
    }
    if (TakeWord("WHERE")) {
      Result<Condition> where = ReadOr();
      if (!where) return tl::unexpected(where.error());
      query.where = *std::move(where);
    }
    if (Next().kind != SymbolKind::kEnd)
      return Expected(query.where ? "AND, OR or the end" : "WHERE or the end");
    return query;
  }

 private:
  const Symbol& Next() const { return symbols_[at_]; }
  Symbol Take() { return std::move(symbols_[at_++]); }

  bool IsWord(std::string_view word) const {
    return Next().kind == SymbolKind::kWord && schema::EqualsIgnoreCase(Next().text, word);
  }
  bool TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    ++at_;
    return true;
  }

  // Whether the next symbol is a word that is not one of the language's own.
  bool IsName() const {
    constexpr std::string_view kKeywords[] = {"SELECT", "FROM", "WHERE", "AND",  "OR",   "NOT",
                                              "LIKE",   "IS",   "ISA",   "NULL", "TRUE", "FALSE"};
    return Next().kind == SymbolKind::kWord &&
           std::none_of(std::begin(kKeywords), std::end(kKeywords),
                        [this](std::string_view keyword) { return IsWord(keyword); });
  }

  tl::unexpected<Fault> Expected(std::string_view what) const {
    if (Next().kind == SymbolKind::kEnd)
      return WrongAt(Next().position, fmt::format("it ends where {} must follow", what));
    return WrongAt(Next().position,
                   fmt::format("{} stands where {} must follow", Quoted(Next().text), what));
  }

  Result<void> ReadProperties(Query& query) {
    if (Next().kind == SymbolKind::kStar) {
      ++at_;
      return {};
    }
    do {
      if (!IsName()) return Expected("* or the name of a property");
      query.properties.push_back(Take().text);
    } while (Next().kind == SymbolKind::kComma && ++at_ > 0);
    return {};
  }

  Result<Condition> ReadOr() { return ReadChain(Join::kOr, "OR", &Parser::ReadAnd); }
  Result<Condition> ReadAnd() { return ReadChain(Join::kAnd, "AND", &Parser::ReadFactor); }

  Result<Condition> ReadChain(Join join, std::string_view word,
                              Result<Condition> (Parser::*read_operand)()) {
    Result<Condition> first = (this->*read_operand)();
    if (!first || !IsWord(word)) return first;
    Condition chain{join, {}, {}};
    chain.operands.push_back(*std::move(first));
    while (TakeWord(word)) {
      Result<Condition> operand = (this->*read_operand)();
      if (!operand) return operand;
      chain.operands.push_back(*std::move(operand));
    }
    return chain;
  }

  Result<Condition> ReadFactor() {
    const bool is_not = IsWord("NOT");
    if (!is_not && Next().kind != SymbolKind::kOpen) return ReadTest();
    if (depth_ == kWqlDepth) {
      return WrongAt(Next().position,
                     fmt::format("parentheses and NOT are nested more than {} deep", kWqlDepth));
    }
    ++at_;
    ++depth_;
    Result<Condition> inner = is_not ? ReadFactor() : ReadOr();
    --depth_;
    if (!inner) return inner;
    if (is_not) {
      Condition negation{Join::kNot, {}, {}};
      negation.operands.push_back(*std::move(inner));
      return negation;
    }
    if (Next().kind != SymbolKind::kClose) return Expected("AND, OR or )");
    ++at_;
    return inner;
  }

  Result<Condition> ReadTest() {
    if (!IsName()) return ReadMirroredTest();
    Test test{Take().text, Operator::kEqual, false};
    if (TakeWord("LIKE")) return ReadLike(std::move(test));
    if (TakeWord("ISA")) return ReadIsA(std::move(test));
    if (TakeWord("IS")) {
      test.op = TakeWord("NOT") ? Operator::kIsNotNull : Operator::kIsNull;
      if (!TakeWord("NULL")) return Expected("NULL");
      return Condition{Join::kTest, std::move(test), {}};
    }
    const auto op = ReadOperator();
    if (!op) return tl::unexpected(op.error());
    test.op = *op;
    Result<MaybeConstant> constant = ReadConstant("a constant");
    if (!constant) return tl::unexpected(constant.error());
    return Compared(std::move(test), *std::move(constant));
  }

  Result<Condition> ReadMirroredTest() {
    Result<MaybeConstant> constant = ReadConstant("a test such as Property = 1");
    if (!constant) return tl::unexpected(constant.error());
    const auto op = ReadOperator();
    if (!op) return tl::unexpected(op.error());
    if (!IsName()) return Expected("the name of a property");
    return Compared(Test{Take().text, Mirrored(*op), false}, *std::move(constant));
  }

  Result<Operator> ReadOperator() {
    const auto op = Next().kind == SymbolKind::kOperator ? OperatorOf(Next().text) : std::nullopt;
    if (!op) return Expected("=, <>, <, >, <=, >=, LIKE, IS or ISA");
    ++at_;
    return *op;
  }

  Result<Condition> Compared(Test test, MaybeConstant constant) const {
    if (constant) {
      test.constant = *std::move(constant);
    } else if (test.op == Operator::kEqual) {
      test.op = Operator::kIsNull;
    } else if (test.op == Operator::kNotEqual) {
      test.op = Operator::kIsNotNull;
    } else {
      return WrongAt(symbols_[at_ - 1].position, "NULL is neither less nor greater; use IS NULL");
    }
    return Condition{Join::kTest, std::move(test), {}};
  }

  Result<Condition> ReadLike(Test test) {
    if (Next().kind != SymbolKind::kText) return Expected("a pattern in quotes");
    if (const auto pattern = LikePattern::Parse(Next().text); !pattern)
      return WrongAt(Next().position, "in this pattern " + pattern.error());
    test.op = Operator::kLike;
    test.constant = Take().text;
    return Condition{Join::kTest, std::move(test), {}};
  }

  Result<Condition> ReadIsA(Test test) {
    if (Next().kind != SymbolKind::kText && !IsName()) return Expected("the name of a class");
    test.op = Operator::kIsA;
    test.constant = Take().text;
    return Condition{Join::kTest, std::move(test), {}};
  }

  Result<MaybeConstant> ReadConstant(std::string_view what) {
    if (TakeWord("NULL")) return MaybeConstant();
    if (TakeWord("TRUE")) return MaybeConstant(true);
    if (TakeWord("FALSE")) return MaybeConstant(false);
    if (Next().kind == SymbolKind::kText) return MaybeConstant(Take().text);
    if (Next().kind == SymbolKind::kNumber) return ReadNumber();
    return Expected(what);
  }

  Result<MaybeConstant> ReadNumber() {
    std::string_view digits = Next().text;
    if (digits.find('.') != std::string_view::npos) return WrongAt(Next().position, kDigitsOnly);
    const bool has_sign = IsSigned(digits);
    const bool is_negative = digits.front() == '-';
    digits.remove_prefix(has_sign ? 1 : 0);
    const auto parsed = schema::ParseScalar(schema::Type::kUint64, digits);
    if (!parsed.value) return WrongAt(Next().position, "the number is larger than every value");
    const auto magnitude = std::get<std::uint64_t>(*parsed.value);
    ++at_;
    return MaybeConstant(Number{is_negative && magnitude != 0, magnitude});
  }

  std::vector<Symbol> symbols_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

bool operator==(const Condition& a, const Condition& b) {
  return a.join == b.join && a.test == b.test && a.operands == b.operands;
}

Result<Query> Parse(std::string_view text) {
  Result<std::vector<Symbol>> symbols = Split(text);
  if (!symbols) return tl::unexpected(symbols.error());
  return Parser(*std::move(symbols)).ReadQuery();
}

}  // namespace wsman::wql
