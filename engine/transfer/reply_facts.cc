#include "engine/transfer/reply_facts.h"

#include <algorithm>

#include <fmt/format.h>

namespace engine::transfer {
namespace {

// Every value of a list field, one by one: "5, 5" is two values.
std::vector<std::string_view> ListOf(const ReplyHead& head, std::string_view name) {
  std::vector<std::string_view> items;
  for (std::string_view value : ValuesOf(head, name)) {
    while (true) {
      const std::size_t comma = value.find(',');
      items.push_back(TrimBlanks(value.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
  }
  return items;
}

}  // namespace

Refuse Broken(std::string message) {
  return {Error{HResult::kInvalidServerReply, ErrorContext::kRemoteFile, std::move(message)},
          /*recoverable=*/true, std::nullopt};
}

Refuse Unusable(HResult code, std::string message) {
  return {Error{code, ErrorContext::kRemoteFile, std::move(message)},
          /*recoverable=*/false, std::nullopt};
}

std::string SingleValue(const ReplyHead& head, std::string_view name) {
  const auto values = ValuesOf(head, name);
  if (values.empty()) return {};
  const bool agree = std::all_of(values.begin(), values.end(),
                                 [&](std::string_view value) { return value == values.front(); });
  return agree ? std::string(values.front()) : std::string();
}

Validators ValidatorsOf(const ReplyHead& head) {
  Validators validators{SingleValue(head, "ETag"), SingleValue(head, "Last-Modified")};
  if (!IsStrongEtag(validators.etag) && !IsWeakEtag(validators.etag)) validators.etag = {};
  const auto modified = ParseHttpDate(validators.last_modified);
  if (!modified) validators.last_modified = {};
  const auto date = ParseHttpDate(SingleValue(head, "Date"));
  const bool too_young = modified && date && *date - *modified < kStrongDateAge;
  // Next to a strong ETag the date is only the file's time.
  if (too_young && !IsStrongEtag(validators.etag)) validators.last_modified = {};
  return validators;
}

tl::expected<Framing, Refuse> FramingOf(const ReplyHead& head) {
  Framing framing;
  for (const std::string_view item : ListOf(head, "Content-Length")) {
    const auto length = ParseByteCount(item);
    if (!length) {
      return tl::unexpected(
          Broken(fmt::format("Content-Length '{}' is not a number of bytes up "
                             "to {}",
                             item, kMaxFileBytes)));
    }
    if (framing.length && *framing.length != *length) {
      return tl::unexpected(Broken("the reply has two different Content-Length values"));
    }
    framing.length = length;
  }
  const auto codings = ListOf(head, "Transfer-Encoding");
  if (codings.empty()) return framing;
  if (codings.size() != 1 || !EqualsIgnoringCase(codings.front(), "chunked")) {
    return tl::unexpected(Broken("the reply has a Transfer-Encoding other than chunked"));
  }
  if (head.http_minor == 0) {
    return tl::unexpected(Broken("the reply is HTTP/1.0 with a Transfer-Encoding"));
  }
  // Chunks decide; a Content-Length beside them says nothing.
  return Framing{std::nullopt, true};
}

std::optional<Refuse> RefuseEncoding(const ReplyHead& head) {
  for (const std::string_view coding : ListOf(head, "Content-Encoding")) {
    if (!coding.empty() && !EqualsIgnoringCase(coding, "identity")) {
      return Unusable(
          HResult::kInsufficientHttpSupport,
          fmt::format("the server sent the file with Content-Encoding '{}' although identity was "
                      "asked for",
                      coding));
    }
  }
  return std::nullopt;
}

Refuse RefuseStatus(const ReplyHead& head) {
  Refuse refuse;
  refuse.error = Error{HttpError(head.status), ErrorContext::kRemoteFile,
                       fmt::format("the server answered with HTTP status {}", head.status)};
  refuse.retry_after = RetryAfterOf(head);
  refuse.recoverable = IsRecoverable(head.status);
  return refuse;
}

std::string VersionMismatch(const Validators& known, const Validators& reply) {
  const bool strong = IsStrongEtag(known.etag);
  if (strong && reply.etag != known.etag) return "the part has another ETag";
  const bool both_tagged = !known.etag.empty() && !reply.etag.empty();
  if (both_tagged && reply.etag != known.etag) return "the part has another ETag";
  const bool both_dated = !known.last_modified.empty() && !reply.last_modified.empty();
  if ((both_dated || !strong) && reply.last_modified != known.last_modified) {
    return "the part has another Last-Modified";
  }
  return {};
}

tl::expected<Part, std::string> PartOf(const ReplyHead& head, const Framing& framing) {
  const auto types = ValuesOf(head, "Content-Type");
  for (const std::string_view type : types) {
    if (EqualsIgnoringCase(type.substr(0, 10), "multipart/")) {
      return tl::unexpected<std::string>("the reply is multipart where one range was asked for");
    }
  }
  const auto range = ParseContentRange(SingleValue(head, "Content-Range"));
  if (!range || !range->span) {
    return tl::unexpected<std::string>("the reply is partial without a usable Content-Range");
  }
  const std::uint64_t length = range->span->last - range->span->first + 1;
  if (framing.length && *framing.length != length) {
    return tl::unexpected<std::string>("Content-Length and Content-Range disagree");
  }
  return Part{*range->span, range->total, framing.chunked};
}

}  // namespace engine::transfer
