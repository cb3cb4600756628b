// The settings as one table: each row says where a setting is stored, what kind
// of value it takes and which values are allowed. Reading, printing and the
// test of docs/configuration.md all walk this table.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "provider/bitsd/config.h"

namespace bitsd {

template <class T>
using Place = T& (*)(Config&);

// Bounds are inclusive.
struct Flag {
  Place<bool> place;
};
struct Count {
  Place<std::size_t> place;
  std::uint64_t least;
  std::uint64_t most;
};
struct Bytes {
  Place<std::uint64_t> place;
  std::uint64_t least;
  std::uint64_t most;
};
struct Seconds {
  Place<std::chrono::seconds> place;
  std::chrono::seconds least, most;
};
struct Milliseconds {
  Place<std::chrono::milliseconds> place;
  std::chrono::milliseconds least, most;
};
struct Text {
  Place<std::string> place;
};
struct Choice {
  Place<std::string> place;
  std::span<const std::string_view> allowed;
};
struct Choices {
  Place<std::vector<std::string>> place;
  std::span<const std::string_view> allowed;
};
struct Addresses {
  Place<std::vector<std::string>> place;
};
struct Names {
  Place<std::vector<std::string>> place;
};  // of hosts, without ports
struct Networks {
  Place<std::vector<std::string>> place;
};
struct Path {
  Place<std::filesystem::path> place;
};  // relative to the file's folder
struct Folders {
  Place<std::vector<std::filesystem::path>> place;
};  // absolute only
struct Drives {
  Place<std::map<std::string, std::filesystem::path>> place;
};
struct Shares {
  Place<std::map<std::string, std::filesystem::path>> place;
};
struct RoleList {
  Place<std::vector<provider::RoleEntry>> place;
};
struct Umask {
  Place<std::uint32_t> place;
};  // octal digits in quotes
struct Rate {
  Place<std::uint64_t> place;
};  // bytes a second, written in kbit/s; 0: no limit
struct Schedule {
  Place<std::vector<engine::BandwidthPeriod>> place;
};

using Slot =
    std::variant<Flag, Count, Bytes, Seconds, Milliseconds, Text, Choice, Choices, Addresses, Names,
                 Networks, Path, Folders, Drives, Shares, RoleList, Umask, Rate, Schedule>;

struct Key {
  std::string_view name;  // "section.setting"
  Slot slot;
};

// In the order of docs/configuration.md, sections together.
std::span<const Key> AllKeys();

}  // namespace bitsd
