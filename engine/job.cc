#include "engine/job.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/upload.h"

namespace engine {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
// Where the dashes stand in the 36 characters between the braces.
constexpr std::array<std::size_t, 4> kDashes = {8, 13, 18, 23};
constexpr std::size_t kTextLength = 36;

bool IsDash(std::size_t position) {
  return std::find(kDashes.begin(), kDashes.end(), position) != kDashes.end();
}

std::optional<std::uint8_t> HexValue(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

JobId JobId::Random() {
  std::array<std::uint8_t, 16> bytes{};
  while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    // Up to 256 bytes come in one piece or not at all; only a signal interrupts.
    if (errno != EINTR) std::abort();
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);  // RFC 4122 variant
  return JobId(bytes);
}

std::optional<JobId> JobId::Parse(std::string_view text) {
  if (text.size() == kTextLength + 2 && text.front() == '{' && text.back() == '}')
    text = text.substr(1, kTextLength);
  if (text.size() != kTextLength) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kTextLength; ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const std::optional<std::uint8_t> value = HexValue(text[i]);
    if (!value) return std::nullopt;
    std::uint8_t& byte = bytes[digits / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | *value);
    ++digits;
  }
  return JobId(bytes);
}

std::string JobId::ToString() const {
  std::string text = "{";
  for (const std::uint8_t byte : bytes_) {
    if (IsDash(text.size() - 1)) text += '-';
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0x0F];
  }
  text += '}';
  return text;
}

const Access& AccessOf(const Job& job) {
  static const Access kNothingSet;
  return job.access ? *job.access : kNothingSet;
}

const JobSettings& SettingsOf(const Job& job) {
  static const JobSettings kDefaults;
  return job.settings ? *job.settings : kDefaults;
}

const File& ReplyOf(const Job& job) {
  static const File kNone;
  return job.upload ? job.upload->reply : kNone;
}

JobFacts FactsOf(const Job& job) {
  const Progress progress = job.files.progress();
  return {job.type, progress.files_total, progress.files_total - progress.files_transferred};
}

}  // namespace engine

std::size_t std::hash<engine::JobId>::operator()(const engine::JobId& id) const noexcept {
  // Random GUIDs: any eight bytes are as good as a hash of all.
  std::size_t value = 0;
  std::memcpy(&value, id.bytes().data() + 8, sizeof value);
  return value;
}
