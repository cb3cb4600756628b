// The symbols of a WQL query.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wsman/fault.h"

namespace wsman::wql {

enum class SymbolKind { kWord, kText, kNumber, kOperator, kComma, kOpen, kClose, kStar, kEnd };

struct Symbol {
  SymbolKind kind = SymbolKind::kEnd;
  std::string text;          // of kText: without quotes and escapes; otherwise as written
  std::size_t position = 0;  // of its first character, from 1
};

// What is wrong with a number that has a fraction where none is allowed.
inline constexpr std::string_view kDigitsOnly = "a number is made of digits only, such as 6 or -1";

// All symbols, kEnd last. kCannotProcessFilter for characters that begin none
// and for queries longer than kWqlBytes or kWqlSymbols.
Result<std::vector<Symbol>> Split(std::string_view query);

// The fault for something wrong at a position.
tl::unexpected<Fault> WrongAt(std::size_t position, std::string_view what);

}  // namespace wsman::wql
