#include "provider/request_key.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "engine/job.h"
#include "schema/cim.h"

namespace provider {
namespace {

// "urn:uuid:" and "uuid:" in any case, or nothing, and then a GUID.
bool IsUuid(std::string_view text) {
  for (const std::string_view prefix : {"urn:", "uuid:"}) {
    if (schema::EqualsIgnoreCase(text.substr(0, prefix.size()), prefix))
      text.remove_prefix(prefix.size());
  }
  return engine::JobId::Parse(text).has_value();
}

// FNV-1a: the same on every machine and in every version, for it is stored. It
// tells a client's own requests apart and protects nothing.
class Checksum {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes)
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14'695'981'039'346'656'037u;
};

}  // namespace

std::string RequestKey(const wsman::MethodCall& call) {
  if (!IsUuid(call.message_id)) return {};
  Checksum checksum;
  for (const schema::Value& argument : call.arguments) {
    const std::string text = schema::ToText(argument);
    checksum.Add(fmt::format("{}:{}:", argument.index(), text.size()));
    checksum.Add(text);
  }
  return fmt::format("{} {:016x}", call.message_id, checksum.value());
}

}  // namespace provider
