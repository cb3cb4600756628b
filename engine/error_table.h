// The table behind NameOf and TextOf (error.h): every code that BITS clients
// may meet, with its name and a sentence for users.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace engine {

struct CodeRow {
  std::uint32_t code;
  std::string_view name;
  std::string_view text;
};

// An HTTP status with the reason phrase that error texts carry.
struct StatusRow {
  int status;
  std::string_view phrase;
};

// Both in ascending order, each key once.
std::span<const CodeRow> CodeTable();
std::span<const StatusRow> StatusTable();

}  // namespace engine
