// What the fields of a reply say, for the rules that judge replies
// (http_rules.h, ranged_file.h). Pure logic.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/transfer/http_fields.h"
#include "engine/transfer/http_rules.h"

namespace engine::transfer {

// A reply that may be better next time.
Refuse Broken(std::string message);
// One that will not.
Refuse Unusable(HResult code, std::string message);
// For every status but 200 and 206.
Refuse RefuseStatus(const ReplyHead& head);
// When the body is coded although identity was asked for.
std::optional<Refuse> RefuseEncoding(const ReplyHead& head);

// A field that must say one thing: empty when absent or when it is sent twice
// with different values.
std::string SingleValue(const ReplyHead& head, std::string_view name);

// Those that can prove something; the others are left out.
Validators ValidatorsOf(const ReplyHead& head);

// How the body is delimited; by the end of the connection when neither is there.
struct Framing {
  std::optional<std::uint64_t> length;  // of Content-Length; empty when chunked
  bool chunked = false;
};
tl::expected<Framing, Refuse> FramingOf(const ReplyHead& head);

// The one part of a file that a reply has.
struct Part {
  ContentRange::Span span;
  std::optional<std::uint64_t> total;
  bool chunked = false;
};
// An error is a sentence: multipart, or a Content-Range that cannot be used.
tl::expected<Part, std::string> PartOf(const ReplyHead& head, const Framing& framing);

// What makes a part useless for those who have bytes of a version with `known`;
// empty when it can be taken.
std::string VersionMismatch(const Validators& known, const Validators& reply);

}  // namespace engine::transfer
