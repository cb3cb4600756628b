#include "engine/path_map.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "engine/text.h"

namespace engine {
namespace {

constexpr std::size_t kMaxComponentBytes = 255;  // NAME_MAX
constexpr std::size_t kMaxPathBytes = 4'095;     // PATH_MAX without the NUL

// Where the name is written: decides which characters a component may have.
enum class Family { kWindows, kPosix };

// The head of a name that leads to a root, and what follows it.
struct Place {
  std::filesystem::path root;
  std::string_view rest;  // components with separators between, none in front
  bool create_directories = false;
};

auto Refuse(std::string_view name, std::string_view reason) {
  return Fail(HResult::kInvalidArgument, fmt::format("The local name {} {}", Quoted(name), reason));
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }

bool IsSeparator(char c) { return c == '\\' || c == '/'; }

std::vector<std::string_view> Split(std::string_view text, Family family) {
  const std::string_view separators = family == Family::kWindows ? "\\/" : "/";
  std::vector<std::string_view> components;
  for (;;) {
    const auto end = text.find_first_of(separators);
    components.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return components;
    text.remove_prefix(end + 1);
  }
}

// Devices that Windows finds in every directory, with any extension.
bool IsDeviceName(std::string_view component) {
  constexpr auto kDevices =
      std::to_array<std::string_view>({"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"});
  constexpr auto kNumbers = std::to_array<std::string_view>(
      {"1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00B9", "\u00B2", "\u00B3"});
  std::string_view base = component.substr(0, component.find('.'));
  while (base.ends_with(' ')) base.remove_suffix(1);
  const auto is_base = [base](std::string_view device) { return EqualsIgnoringCase(base, device); };
  if (std::ranges::any_of(kDevices, is_base)) return true;
  const auto port = base.substr(0, 3);
  if (!EqualsIgnoringCase(port, "com") && !EqualsIgnoringCase(port, "lpt")) return false;
  return std::ranges::find(kNumbers, base.substr(3)) != kNumbers.end();
}

// What is wrong with a character, as the end of a sentence; empty when nothing.
std::string_view CharacterFault(char32_t c, Family family) {
  if (IsControl(c)) return "has a control character; remove it.";
  if (c == U'*' || c == U'?') return "has a wildcard; name one file.";
  if (family == Family::kPosix) {
    return c == U'\\' ? "has a backslash; separate directories with slashes." : "";
  }
  if (c == U':') {
    return "has a colon after the drive; alternate data streams are not supported.";
  }
  if (c == U'<' || c == U'>' || c == U'"' || c == U'|') {
    return "has one of the characters < > \" |, which Windows does not allow in names.";
  }
  return "";
}

std::string_view CharactersFault(std::string_view component, Family family) {
  while (!component.empty()) {
    const auto character = FirstCodePoint(component);
    if (!character) return "is not valid UTF-8.";
    const auto fault = CharacterFault(character->value, family);
    if (!fault.empty()) return fault;
    component.remove_prefix(character->bytes);
  }
  return "";
}

std::string_view ComponentFault(std::string_view component, Family family) {
  if (component.empty()) return "has two separators in a row; write one.";
  if (component == "." || component == "..") {
    return "has \".\" or \"..\"; write the directories themselves.";
  }
  const auto fault = CharactersFault(component, family);
  if (!fault.empty()) return fault;
  if (component.size() > kMaxComponentBytes) {
    return "has a directory or file name of more than 255 bytes; shorten it.";
  }
  if (family == Family::kPosix) return "";
  if (component.ends_with('.') || component.ends_with(' ')) {
    return "has a directory or file name that ends in a dot or blank; Windows drops these, so "
           "remove them.";
  }
  if (IsDeviceName(component)) {
    return "names a device such as CON, NUL or COM1; choose another file name.";
  }
  return "";
}

Result<LocalTarget> TargetBelow(std::string_view name, const Place& place, Family family) {
  if (place.rest.empty() ||
      (family == Family::kWindows ? IsSeparator(place.rest.back()) : place.rest.back() == '/')) {
    return Refuse(name, "names a directory; add the name of the file.");
  }
  if (place.rest.size() > kMaxPathBytes) {
    return Refuse(name, fmt::format("is longer than {} bytes; shorten it.", kMaxPathBytes));
  }
  LocalTarget target;
  target.root = place.root;
  target.create_directories = place.create_directories;
  for (const std::string_view component : Split(place.rest, family)) {
    const auto fault = ComponentFault(component, family);
    if (!fault.empty()) return Refuse(name, fault);
    target.directories.emplace_back(component);
  }
  target.name = std::move(target.directories.back());
  target.directories.pop_back();
  return target;
}

Result<LocalTarget> MapDrive(std::string_view name, const PathOptions& paths) {
  const std::string_view drive = name.substr(0, 1);
  if (name.size() < 3 || !IsSeparator(name[2])) {
    return Refuse(name, fmt::format("is relative; write it from the root of the drive, as in "
                                    "{}:\\directory\\file.",
                                    drive));
  }
  const auto mapped = std::ranges::find_if(
      paths.drives, [drive](const auto& entry) { return EqualsIgnoringCase(entry.first, drive); });
  if (mapped == paths.drives.end()) {
    return Refuse(name, fmt::format("is on drive {}:, which leads nowhere; map the drive in the "
                                    "section [paths] of the configuration, or use one that is "
                                    "mapped.",
                                    drive));
  }
  return TargetBelow(name, {mapped->second, name.substr(3), paths.create_directories},
                     Family::kWindows);
}

// "\\server\share" of a name or of the configuration.
struct Share {
  std::string_view server;
  std::string_view share;
  std::string_view rest;
};

std::optional<Share> ParseShare(std::string_view name) {
  if (name.size() < 2 || !IsSeparator(name[0]) || !IsSeparator(name[1])) return std::nullopt;
  const std::string_view text = name.substr(2);
  const auto server_end = text.find_first_of("\\/");
  if (server_end == 0 || server_end == std::string_view::npos) return std::nullopt;
  const auto share_end = text.find_first_of("\\/", server_end + 1);
  const auto share = text.substr(server_end + 1, share_end - server_end - 1);
  if (share.empty()) return std::nullopt;
  const bool ends = share_end == std::string_view::npos;
  return Share{text.substr(0, server_end), share, ends ? "" : text.substr(share_end + 1)};
}

bool SameShare(const Share& a, const Share& b) {
  return EqualsIgnoringCase(a.server, b.server) && EqualsIgnoringCase(a.share, b.share);
}

Result<LocalTarget> MapShare(std::string_view name, const PathOptions& paths) {
  const auto share = ParseShare(name);
  if (!share) return Refuse(name, "is not complete; write \\\\server\\share\\directory\\file.");
  for (const auto& [key, root] : paths.shares) {
    const auto mapped = ParseShare(key);
    if (mapped && SameShare(*mapped, *share)) {
      return TargetBelow(name, {root, share->rest, paths.create_directories}, Family::kWindows);
    }
  }
  return Refuse(name,
                "is on a share that leads nowhere; map the share in the section [paths] of the "
                "configuration, or use a drive that is mapped.");
}

// `root` without trailing slashes; "" for "/".
std::string RootText(const std::filesystem::path& root) {
  std::string text = root.lexically_normal().native();
  while (text.ends_with('/')) text.pop_back();
  return text;
}

// The root that holds most of the name, compared by whole components.
Result<LocalTarget> MapPosix(std::string_view name, const PathOptions& paths) {
  std::optional<Place> best;
  std::size_t best_length = 0;
  for (const auto& root : paths.roots) {
    const std::string text = RootText(root);
    const bool below = name.starts_with(text) && name.substr(text.size()).starts_with('/');
    if (!below || (best && text.size() < best_length)) continue;
    best = Place{root, name.substr(text.size() + 1)};
    best_length = text.size();
  }
  if (best) return TargetBelow(name, *best, Family::kPosix);
  return Refuse(name,
                "is not below a permitted directory; add the directory to paths.roots in the "
                "configuration, or use a drive that is mapped.");
}

bool HasDevicePrefix(std::string_view name) {
  if (name.starts_with("\\??\\")) return true;
  return name.size() >= 3 && IsSeparator(name[0]) && IsSeparator(name[1]) &&
         (name[2] == '?' || name[2] == '.') && (name.size() == 3 || IsSeparator(name[3]));
}

Result<LocalTarget> MapByForm(std::string_view name, const PathOptions& paths) {
  if (name.size() >= 2 && name[1] == ':' && IsLetter(name[0])) return MapDrive(name, paths);
  if (name.starts_with("\\\\")) return MapShare(name, paths);
  if (name.starts_with('/')) return MapPosix(name, paths);
  return Refuse(name, "is relative; write a full name, as in C:\\directory\\file.");
}

}  // namespace

Result<LocalTarget> MapLocalName(std::string_view name, const PathOptions& paths,
                                 const LimitOptions& limits) {
  if (name.empty()) return Refuse(name, "is empty; write a full name, as in C:\\directory\\file.");
  const auto length = Utf16Length(name);
  if (!length) return Refuse(name, "is not valid UTF-8.");
  if (*length > limits.local_name_characters) {
    return Refuse(name, fmt::format("has {} characters; at most {} are allowed.", *length,
                                    limits.local_name_characters));
  }
  if (HasDevicePrefix(name)) {
    return Refuse(name, "begins with \\\\?\\ or \\\\.\\; write it without this prefix.");
  }
  Result<LocalTarget> target = MapByForm(name, paths);
  if (target) target->umask = paths.umask;
  return target;
}

}  // namespace engine
