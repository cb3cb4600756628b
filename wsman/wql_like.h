// The patterns of LIKE: % stands for any characters, _ for one, [abc] and
// [a-z] for one of a set, [^abc] for one of none of them. A set also takes the
// special characters as they are: [%] is a percent sign.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wsman::wql {

// Letters A to Z have no case. Immutable; any thread may match.
class LikePattern {
 public:
  // The error says what is wrong with the pattern.
  static tl::expected<LikePattern, std::string> Parse(std::string_view pattern);

  // Whether the whole text fits. The time grows with the length of the text
  // alone, whatever the pattern: every character is looked at once.
  bool Matches(std::string_view text) const;

  // One character of the text. Inclusive ranges; none of them when `negated`.
  struct Element {
    struct Range {
      char32_t first;
      char32_t last;
    };
    std::vector<Range> ranges;
    bool negated = false;

    bool Accepts(char32_t character) const;
  };

 private:
  using Bits = std::vector<std::uint64_t>;

  LikePattern(const std::vector<Element>& elements, Bits repeats);

  const Bits& AcceptingElements(char32_t character) const;

  // Bit i of a set of states says that the first i elements have matched.
  std::size_t elements_;
  Bits repeats_;  // the states that a '%' follows
  // All characters from starts_[i] up to the next start are accepted by the
  // same elements; bit i + 1 of their set stands for element i.
  std::vector<char32_t> starts_;
  std::vector<Bits> accepting_;
};

}  // namespace wsman::wql
