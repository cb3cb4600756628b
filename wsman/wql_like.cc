// The pattern runs as a non-deterministic automaton whose states are the bits
// of a few machine words (shift-and), so that no pattern makes it try again.
#include "wsman/wql_like.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace wsman::wql {
namespace {

constexpr std::size_t kWordBits = 64;
constexpr char32_t kLastCharacter = 0x10FFFF;

using Element = LikePattern::Element;

// Valid UTF-8 in.
std::u32string Characters(std::string_view utf8) {
  std::u32string characters;
  characters.reserve(utf8.size());
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80U) {
      characters.push_back(byte);
    } else if (byte >= 0xC0U) {
      characters.push_back(byte & (byte >= 0xF0U ? 0x07U : byte >= 0xE0U ? 0x0FU : 0x1FU));
    } else if (!characters.empty()) {
      characters.back() = characters.back() << 6U | (byte & 0x3FU);
    }
  }
  return characters;
}

char32_t Folded(char32_t c) { return c >= U'A' && c <= U'Z' ? c - U'A' + U'a' : c; }

void SetBit(std::vector<std::uint64_t>& bits, std::size_t index) {
  bits[index / kWordBits] |= std::uint64_t{1} << (index % kWordBits);
}

// The letters of the other case belong to a range as well, in lower case.
void AddRange(Element& element, char32_t first, char32_t last) {
  element.ranges.push_back({first, last});
  const char32_t upper_first = std::max(first, U'A');
  const char32_t upper_last = std::min(last, U'Z');
  if (upper_first <= upper_last)
    element.ranges.push_back({Folded(upper_first), Folded(upper_last)});
}

class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : pattern_(Characters(pattern)) {}

  // The first index after the element at `at`, which `element` takes; the error
  // otherwise.
  tl::expected<std::size_t, std::string> ReadSet(std::size_t at, Element& element) const {
    const std::size_t end = pattern_.find(U']', at);
    if (end == std::u32string::npos) return tl::unexpected<std::string>("the [ has no ]");
    std::size_t i = at + 1;
    if (pattern_[i] == U'^') {
      element.negated = true;
      ++i;
    }
    if (i == end) return tl::unexpected<std::string>("there is nothing between [ and ]");
    while (i < end) {
      const bool is_range = i + 2 < end && pattern_[i + 1] == U'-';
      const char32_t last = pattern_[is_range ? i + 2 : i];
      if (pattern_[i] > last)
        return tl::unexpected<std::string>("a range in [ ] ends before it begins");
      AddRange(element, pattern_[i], last);
      i += is_range ? 3 : 1;
    }
    return end + 1;
  }

  const std::u32string& characters() const { return pattern_; }

 private:
  const std::u32string pattern_;
};

}  // namespace

bool LikePattern::Element::Accepts(char32_t character) const {
  const bool is_inside = std::any_of(ranges.begin(), ranges.end(), [character](const Range& range) {
    return range.first <= character && character <= range.last;
  });
  return is_inside != negated;
}

tl::expected<LikePattern, std::string> LikePattern::Parse(std::string_view pattern) {
  const PatternReader reader(pattern);
  std::vector<Element> elements;
  std::vector<std::size_t> repeats;
  for (std::size_t i = 0; i < reader.characters().size();) {
    const char32_t c = reader.characters()[i];
    if (c == U'%') {
      repeats.push_back(elements.size());
      ++i;
      continue;
    }
    Element element;
    if (c == U'[') {
      const auto next = reader.ReadSet(i, element);
      if (!next) return tl::unexpected(next.error());
      i = *next;
    } else {
      AddRange(element, c == U'_' ? 0 : Folded(c), c == U'_' ? kLastCharacter : Folded(c));
      ++i;
    }
    elements.push_back(std::move(element));
  }
  Bits repeat_bits(elements.size() / kWordBits + 1);
  for (const std::size_t state : repeats) SetBit(repeat_bits, state);
  return LikePattern(elements, std::move(repeat_bits));
}

LikePattern::LikePattern(const std::vector<Element>& elements, Bits repeats)
    : elements_(elements.size()), repeats_(std::move(repeats)), starts_{0} {
  for (const Element& element : elements) {
    for (const Element::Range& range : element.ranges) {
      starts_.push_back(range.first);
      if (range.last < kLastCharacter) starts_.push_back(range.last + 1);
    }
  }
  std::sort(starts_.begin(), starts_.end());
  starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
  for (const char32_t start : starts_) {
    Bits& bits = accepting_.emplace_back(repeats_.size());
    for (std::size_t i = 0; i < elements.size(); ++i)
      if (elements[i].Accepts(start)) SetBit(bits, i + 1);
  }
}

const LikePattern::Bits& LikePattern::AcceptingElements(char32_t character) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), character);
  return accepting_[static_cast<std::size_t>(after - starts_.begin()) - 1];
}

bool LikePattern::Matches(std::string_view text) const {
  Bits states(repeats_.size());
  SetBit(states, 0);
  for (const char32_t character : Characters(text)) {
    const Bits& accepting = AcceptingElements(Folded(character));
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < states.size(); ++i) {
      const std::uint64_t stepped = states[i] << 1U | carry;
      carry = states[i] >> (kWordBits - 1);
      states[i] = (stepped & accepting[i]) | (states[i] & repeats_[i]);
    }
  }
  return (states[elements_ / kWordBits] >> (elements_ % kWordBits) & 1U) != 0;
}

}  // namespace wsman::wql
