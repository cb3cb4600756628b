#include "wsman/wql_lexer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "wsman/quoted.h"
#include "wsman/wql.h"

namespace wsman::wql {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool BeginsWord(char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
// The dot leads into embedded instances.
bool ContinuesWord(char c) { return BeginsWord(c) || IsDigit(c) || c == '.'; }
bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

class Splitter {
 public:
  explicit Splitter(std::string_view query) : query_(query) {}

  Result<std::vector<Symbol>> Run() {
    std::vector<Symbol> symbols;
    for (;;) {
      while (at_ < query_.size() && IsBlank(query_[at_])) ++at_;
      if (at_ == query_.size()) break;
      if (symbols.size() == kWqlSymbols) {
        return WrongAt(Position(at_), fmt::format("a query has at most {} words, constants and "
                                                  "operators; split it into several",
                                                  kWqlSymbols));
      }
      Result<Symbol> symbol = Next();
      if (!symbol) return tl::unexpected(symbol.error());
      symbols.push_back(*std::move(symbol));
    }
    symbols.push_back({SymbolKind::kEnd, {}, Position(at_)});
    return symbols;
  }

 private:
  std::size_t Position(std::size_t byte) const {
    const std::string_view before = query_.substr(0, byte);
    return 1 +
           static_cast<std::size_t>(std::count_if(before.begin(), before.end(), BeginsCharacter));
  }

  Symbol Take(SymbolKind kind, std::size_t length) {
    Symbol symbol{kind, std::string(query_.substr(at_, length)), Position(at_)};
    at_ += length;
    return symbol;
  }

  template <class Predicate>
  Symbol TakeWhile(SymbolKind kind, Predicate belongs) {
    std::size_t end = at_ + 1;
    while (end < query_.size() && belongs(query_[end])) ++end;
    return Take(kind, end - at_);
  }

  Result<Symbol> Next() {
    const char c = query_[at_];
    if (BeginsWord(c)) return TakeWhile(SymbolKind::kWord, ContinuesWord);
    if (IsDigit(c) || c == '-' || c == '+') return TakeNumber();
    switch (c) {
      case '\'':
      case '"':
        return TakeText();
      case ',':
        return Take(SymbolKind::kComma, 1);
      case '(':
        return Take(SymbolKind::kOpen, 1);
      case ')':
        return Take(SymbolKind::kClose, 1);
      case '*':
        return Take(SymbolKind::kStar, 1);
      default:
        return TakeOperator();
    }
  }

  Result<Symbol> TakeNumber() {
    const std::size_t begin = at_;
    Symbol number = TakeWhile(SymbolKind::kNumber, IsDigit);
    const bool has_fraction = IsDigit(number.text.back()) && at_ + 1 < query_.size() &&
                              query_[at_] == '.' && IsDigit(query_[at_ + 1]);
    if (has_fraction) number.text += TakeWhile(SymbolKind::kNumber, IsDigit).text;
    const bool is_whole = at_ == query_.size() || !ContinuesWord(query_[at_]);
    if (is_whole && IsDigit(number.text.back())) return number;
    return WrongAt(Position(begin), kDigitsOnly);
  }

  Result<Symbol> TakeOperator() {
    for (const std::string_view name : {"<>", "!=", "<=", ">=", "<", ">", "="}) {
      if (query_.substr(at_, name.size()) == name) return Take(SymbolKind::kOperator, name.size());
    }
    std::size_t end = at_ + 1;
    while (end < query_.size() && !BeginsCharacter(query_[end])) ++end;
    return WrongAt(Position(at_), fmt::format("{} has no meaning outside quotes",
                                              Quoted(query_.substr(at_, end - at_))));
  }

  Result<Symbol> TakeText() {
    const std::size_t begin = at_;
    const char quote = query_[at_];
    Symbol symbol{SymbolKind::kText, {}, Position(begin)};
    while (++at_ < query_.size()) {
      char c = query_[at_];
      if (c == quote) {
        ++at_;
        return symbol;
      }
      if (c == '\\') {
        c = ++at_ < query_.size() ? query_[at_] : '\0';
        if (c != '\\' && c != '\'' && c != '"')
          return WrongAt(Position(at_ - 1), "inside quotes a backslash is written twice");
      }
      symbol.text += c;
    }
    return WrongAt(Position(begin), fmt::format("the text has no closing {}", quote));
  }

  const std::string_view query_;
  std::size_t at_ = 0;
};

}  // namespace

tl::unexpected<Fault> WrongAt(std::size_t position, std::string_view what) {
  return Fail(FaultCode::kCannotProcessFilter,
              fmt::format("The query is wrong at character {}: {}.", position, what));
}

Result<std::vector<Symbol>> Split(std::string_view query) {
  if (query.size() > kWqlBytes) {
    return Fail(
        FaultCode::kCannotProcessFilter,
        fmt::format("The query has {} octets; at most {} are accepted.", query.size(), kWqlBytes));
  }
  return Splitter(query).Run();
}

}  // namespace wsman::wql
