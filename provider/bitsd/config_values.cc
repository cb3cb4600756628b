#include "provider/bitsd/config_values.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "provider/bitsd/config_bandwidth.h"
#include "provider/bitsd/units.h"

namespace bitsd {
namespace {

using Problem = std::optional<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace fs = std::filesystem;

std::string Quoted(std::string_view text) {
  const toml::value<std::string> value(text);
  std::ostringstream out;
  out << toml::toml_formatter(value, toml::format_flags::allow_unicode_strings);
  return out.str();
}

std::string Alternatives(std::span<const std::string_view> allowed) {
  std::vector<std::string> quoted;
  for (const std::string_view text : allowed) quoted.push_back(Quoted(text));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

std::string RangeText(std::uint64_t least, std::uint64_t most) {
  return fmt::format("{} to {}", least, most);
}

std::string RangeText(milliseconds least, milliseconds most) {
  return fmt::format("{} to {}", DurationText(least), DurationText(most));
}

template <class T>
bool Within(const T& value, const T& least, const T& most) {
  return least <= value && value <= most;
}

// The texts of an array of strings; empty for anything else.
std::optional<std::vector<std::string>> TextsOf(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const toml::node& item : *array) {
    const auto text = item.value_exact<std::string>();
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

constexpr std::string_view kNotTexts = "must be a list of texts, as in [\"a\", \"b\"]";

// "host:port", "[::1]:port"; what the host means is the server's to find out.
bool IsAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !(host.front() == '[' && host.back() == ']'))
    return false;
  const std::string_view port = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc{} && end == port.data() + port.size();
}

// Letters, digits, dashes and underscores in labels, without port and last dot.
bool IsHostName(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos &&
         name.front() != '.' && name.back() != '.';
}

bool IsDrive(std::string_view name) {
  return name.size() == 1 &&
         ((name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z'));
}

char UpperCase(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// "\\server\share"
bool IsShare(std::string_view name) {
  if (!name.starts_with(R"(\\)") || name.find('/') != std::string_view::npos) return false;
  const std::string_view rest = name.substr(2);
  const std::size_t separator = rest.find('\\');
  return separator != std::string_view::npos && separator > 0 && separator + 1 < rest.size() &&
         rest.find('\\', separator + 1) == std::string_view::npos;
}

constexpr std::uint32_t kMostUmask = 0077;

std::optional<std::uint32_t> ParseOctal(std::string_view text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 8);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

class Reader {
 public:
  Reader(const toml::node& node, Config& config) : node_(node), config_(config) {}

  Problem operator()(const Flag& slot) const {
    const auto flag = node_.value_exact<bool>();
    if (!flag) return "must be true or false";
    slot.place(config_) = *flag;
    return std::nullopt;
  }

  Problem operator()(const Count& slot) const {
    const auto number = node_.value_exact<std::int64_t>();
    if (!number) return "must be a whole number";
    if (*number < 0 || !Within(static_cast<std::uint64_t>(*number), slot.least, slot.most))
      return fmt::format("must be {}, not {}", RangeText(slot.least, slot.most), *number);
    slot.place(config_) = static_cast<std::size_t>(*number);
    return std::nullopt;
  }

  Problem operator()(const Bytes& slot) const {
    std::optional<std::uint64_t> size;
    if (const auto text = node_.value_exact<std::string>()) size = ParseSize(*text);
    if (const auto number = node_.value_exact<std::int64_t>(); number && *number >= 0)
      size = static_cast<std::uint64_t>(*number);
    if (!size) return "must be a number of bytes or a size, as in \"64MiB\"";
    if (!Within(*size, slot.least, slot.most))
      return fmt::format("must be {} bytes, not {}", RangeText(slot.least, slot.most), *size);
    slot.place(config_) = *size;
    return std::nullopt;
  }

  Problem operator()(const Seconds& slot) const {
    const auto duration = Duration();
    if (!duration || *duration % seconds(1) != milliseconds(0))
      return "must be a duration in whole seconds, as in \"300s\", \"5m\", \"12h\" or \"90d\"";
    return Store(slot, std::chrono::duration_cast<seconds>(*duration));
  }

  Problem operator()(const Milliseconds& slot) const {
    const auto duration = Duration();
    if (!duration) return "must be a duration, as in \"250ms\", \"10s\" or \"5m\"";
    return Store(slot, *duration);
  }

  Problem operator()(const Text& slot) const {
    const auto text = node_.value_exact<std::string>();
    if (!text) return "must be a text in quotes";
    if (std::ranges::any_of(*text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
      return "must not contain control characters";
    slot.place(config_) = *text;
    return std::nullopt;
  }

  Problem operator()(const Choice& slot) const {
    const auto text = node_.value_exact<std::string>();
    if (!text || std::ranges::find(slot.allowed, *text) == slot.allowed.end())
      return fmt::format("must be one of {}", Alternatives(slot.allowed));
    slot.place(config_) = *text;
    return std::nullopt;
  }

  Problem operator()(const Choices& slot) const {
    auto texts = TextsOf(node_);
    if (!texts) return std::string(kNotTexts);
    for (const std::string& text : *texts) {
      if (std::ranges::find(slot.allowed, text) == slot.allowed.end())
        return fmt::format("may contain {}, not {}", Alternatives(slot.allowed), Quoted(text));
    }
    slot.place(config_) = *std::move(texts);
    return std::nullopt;
  }

  Problem operator()(const Addresses& slot) const {
    auto texts = TextsOf(node_);
    if (!texts) return std::string(kNotTexts);
    for (const std::string& text : *texts) {
      if (!IsAddress(text))
        return fmt::format(
            "may contain addresses with a port, as in \"127.0.0.1:5985\" or \"[::1]:0\", not {}",
            Quoted(text));
    }
    slot.place(config_) = *std::move(texts);
    return std::nullopt;
  }

  Problem operator()(const Path& slot) const {
    const auto text = node_.value_exact<std::string>();
    if (!text || text->find('\0') != std::string::npos) return "must be a path in quotes";
    slot.place(config_) = *text;
    return std::nullopt;
  }

  Problem operator()(const Names& slot) const {
    const auto texts = TextsOf(node_);
    if (!texts) return std::string(kNotTexts);
    for (const std::string& text : *texts) {
      if (!IsHostName(text))
        return fmt::format("may contain host names such as \"bits.example.org\" only, not {}",
                           Quoted(text));
    }
    slot.place(config_) = *texts;
    return std::nullopt;
  }

  Problem operator()(const Networks& slot) const {
    const auto texts = TextsOf(node_);
    if (!texts) return std::string(kNotTexts);
    if (const auto list = engine::AddressList::Parse(*texts); !list)
      return "has an entry that is wrong: " + list.error().message;
    slot.place(config_) = *texts;
    return std::nullopt;
  }

  Problem operator()(const Folders& slot) const {
    const auto texts = TextsOf(node_);
    if (!texts) return std::string(kNotTexts);
    std::vector<fs::path> folders;
    for (const std::string& text : *texts) {
      if (!text.starts_with('/'))
        return fmt::format("may contain absolute paths only, not {}", Quoted(text));
      folders.emplace_back(text);
    }
    slot.place(config_) = std::move(folders);
    return std::nullopt;
  }

  Problem operator()(const Drives& slot) const {
    return ReadMap(slot.place(config_), IsDrive,
                   "must map each drive letter once to a directory, as in { C = \"drives/c\" }");
  }

  Problem operator()(const Shares& slot) const {
    return ReadMap(
        slot.place(config_), IsShare,
        R"(must map each share once to a directory, as in { '\\server\share' = "shares/s" })");
  }

  Problem operator()(const RoleList& slot) const {
    const auto texts = TextsOf(node_);
    if (!texts) return "must be a list of callers, as in [\"user:alice\", \"group:staff\"]";
    std::vector<provider::RoleEntry> entries;
    for (const std::string& text : *texts) {
      auto entry = provider::ParseRoleEntry(text);
      if (!entry) return "has an entry that is wrong: " + entry.error();
      entries.push_back(*std::move(entry));
    }
    slot.place(config_) = std::move(entries);
    return std::nullopt;
  }

  Problem operator()(const Umask& slot) const {
    const auto text = node_.value_exact<std::string>();
    const auto mask = text ? ParseOctal(*text) : std::nullopt;
    // The service's own account keeps its access.
    if (!mask || *mask > kMostUmask) return "must be octal digits in quotes, \"0000\" to \"0077\"";
    slot.place(config_) = *mask;
    return std::nullopt;
  }

  Problem operator()(const Rate& slot) const { return StoreIfRead(slot, ReadRate(node_)); }

  Problem operator()(const Schedule& slot) const { return StoreIfRead(slot, ReadPeriods(node_)); }

 private:
  template <class AnySlot, class Value>
  Problem StoreIfRead(const AnySlot& slot, tl::expected<Value, std::string> value) const {
    if (!value) return value.error();
    slot.place(config_) = *std::move(value);
    return std::nullopt;
  }

  std::optional<milliseconds> Duration() const {
    const auto text = node_.value_exact<std::string>();
    return text ? ParseDuration(*text) : std::nullopt;
  }

  template <class DurationSlot, class Duration>
  Problem Store(const DurationSlot& slot, Duration duration) const {
    if (!Within(duration, slot.least, slot.most))
      return fmt::format("must be {}, not {}", RangeText(slot.least, slot.most),
                         DurationText(duration));
    slot.place(config_) = duration;
    return std::nullopt;
  }

  Problem ReadMap(std::map<std::string, fs::path>& place, bool (*is_name)(std::string_view),
                  std::string_view expected) const {
    const toml::table* table = node_.as_table();
    if (table == nullptr) return std::string(expected);
    std::map<std::string, fs::path> entries;
    for (const auto& [name, value] : *table) {
      const auto folder = value.value_exact<std::string>();
      if (!is_name(name.str()) || !folder || folder->empty()) return std::string(expected);
      // Drive letters and shares compare without case.
      std::string key(name.str());
      std::ranges::transform(key, key.begin(), UpperCase);
      if (!entries.emplace(std::move(key), *folder).second) return std::string(expected);
    }
    place = std::move(entries);
    return std::nullopt;
  }

  const toml::node& node_;
  Config& config_;
};

std::string PrintList(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(Quoted(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string PrintMap(const std::map<std::string, fs::path>& entries) {
  std::vector<std::string> items;
  for (const auto& [name, folder] : entries)
    items.push_back(
        fmt::format("{} = {}", IsDrive(name) ? name : Quoted(name), Quoted(folder.string())));
  return items.empty() ? "{}" : fmt::format("{{ {} }}", fmt::join(items, ", "));
}

std::string_view Prefix(provider::RoleEntry::Kind kind) {
  switch (kind) {
    case provider::RoleEntry::Kind::kUser:
      return "user:";
    case provider::RoleEntry::Kind::kGroup:
      return "group:";
    case provider::RoleEntry::Kind::kCertificate:
      return "certificate:";
  }
  return {};
}

class Printer {
 public:
  // Reading through the slots needs a Config that may change: this is a copy.
  explicit Printer(const Config& config) : config_(config) {}

  std::string operator()(const Flag& slot) { return slot.place(config_) ? "true" : "false"; }
  std::string operator()(const Count& slot) { return fmt::format("{}", slot.place(config_)); }
  std::string operator()(const Bytes& slot) { return fmt::format("{}", slot.place(config_)); }
  std::string operator()(const Seconds& slot) { return Quoted(DurationText(slot.place(config_))); }
  std::string operator()(const Milliseconds& slot) {
    return Quoted(DurationText(slot.place(config_)));
  }
  std::string operator()(const Text& slot) { return Quoted(slot.place(config_)); }
  std::string operator()(const Choice& slot) { return Quoted(slot.place(config_)); }
  std::string operator()(const Choices& slot) { return PrintList(slot.place(config_)); }
  std::string operator()(const Addresses& slot) { return PrintList(slot.place(config_)); }
  std::string operator()(const Names& slot) { return PrintList(slot.place(config_)); }
  std::string operator()(const Networks& slot) { return PrintList(slot.place(config_)); }
  std::string operator()(const Path& slot) { return Quoted(slot.place(config_).string()); }
  std::string operator()(const Folders& slot) {
    std::vector<std::string> texts;
    for (const fs::path& folder : slot.place(config_)) texts.push_back(folder.string());
    return PrintList(texts);
  }
  std::string operator()(const Drives& slot) { return PrintMap(slot.place(config_)); }
  std::string operator()(const Shares& slot) { return PrintMap(slot.place(config_)); }
  std::string operator()(const RoleList& slot) {
    std::vector<std::string> texts;
    for (const provider::RoleEntry& entry : slot.place(config_))
      texts.push_back(std::string(Prefix(entry.kind)) + entry.name);
    return PrintList(texts);
  }

  std::string operator()(const Umask& slot) {
    return Quoted(fmt::format("{:04o}", slot.place(config_)));
  }
  std::string operator()(const Rate& slot) { return PrintRate(slot.place(config_)); }
  std::string operator()(const Schedule& slot) { return PrintPeriods(slot.place(config_)); }

 private:
  Config config_;
};

struct Ranges {
  std::string operator()(const Count& slot) const { return RangeText(slot.least, slot.most); }
  std::string operator()(const Bytes& slot) const { return RangeText(slot.least, slot.most); }
  std::string operator()(const Seconds& slot) const { return RangeText(slot.least, slot.most); }
  std::string operator()(const Milliseconds& slot) const {
    return RangeText(slot.least, slot.most);
  }
  std::string operator()(const Umask&) const { return "0000 to 0077"; }
  std::string operator()(const Rate&) const { return RangeText(std::uint64_t{0}, kMostKilobits); }
  std::string operator()(const Choice& slot) const { return Alternatives(slot.allowed); }
  std::string operator()(const Choices& slot) const { return Alternatives(slot.allowed); }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

}  // namespace

Problem ReadValue(const toml::node& node, const Slot& slot, Config& config) {
  return std::visit(Reader(node, config), slot);
}

std::string PrintValue(const Slot& slot, const Config& config) {
  return std::visit(Printer(config), slot);
}

std::string RangeText(const Slot& slot) { return std::visit(Ranges{}, slot); }

}  // namespace bitsd
