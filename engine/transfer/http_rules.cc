#include "engine/transfer/http_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/transfer/http_fields.h"

namespace engine::transfer {
namespace {

Refuse Broken(std::string message) {
  return {Error{HResult::kInvalidServerReply, ErrorContext::kRemoteFile, std::move(message)},
          /*recoverable=*/true, std::nullopt};
}

Refuse Unusable(HResult code, std::string message) {
  return {Error{code, ErrorContext::kRemoteFile, std::move(message)},
          /*recoverable=*/false, std::nullopt};
}

// --- what the fields say ------------------------------------------------------

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

// A field that must say one thing: empty when absent or when it is sent twice
// with different values.
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

// How the body is delimited.
struct Framing {
  std::optional<std::uint64_t> length;  // of Content-Length; empty when chunked
  bool chunked = false;
};

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

// --- whole bodies -------------------------------------------------------------

Decision TakeWhole(const FileState& resume, const ReplyHead& head, const Framing& framing) {
  if (!framing.length && !framing.chunked) {
    return Unusable(HResult::kMissingFileSize,
                    "the reply has neither a Content-Length nor chunks, so its end cannot be told "
                    "from a broken connection");
  }
  TakeBody take;
  take.body_length = framing.length;
  take.chunked = framing.chunked;
  take.state = FileState{0, framing.length, ValidatorsOf(head)};
  take.restarted = resume.offset > 0;
  return take;
}

// --- parts --------------------------------------------------------------------

// What makes a part of a file unusable; empty when it can be taken.
std::string VersionMismatch(const FileState& resume, const Validators& reply) {
  const Validators& known = resume.validators;
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

struct Part {
  ContentRange::Span span;
  std::optional<std::uint64_t> total;
  bool chunked = false;
};

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

TakeBody TakeFrom(const Part& part, FileState state) {
  TakeBody take;
  take.offset = state.offset;
  take.skip = state.offset - part.span.first;
  take.body_length = part.span.last - part.span.first + 1;
  take.chunked = part.chunked;
  take.state = std::move(state);
  return take;
}

// A part although none was asked for: good when it is the start of the file and
// the rest can be asked for.
Decision JudgeUnaskedPart(const FileState& resume, const ReplyHead& head, const Framing& framing) {
  const auto part = PartOf(head, framing);
  if (!part) return Broken(part.error());
  if (part->span.first != 0 || !part->total) {
    return Broken("the reply is a part of the file that was not asked for");
  }
  const Validators validators = ValidatorsOf(head);
  if (part->span.last + 1 < *part->total && !CanResume(validators)) {
    return Unusable(HResult::kInsufficientRangeSupport,
                    "the server sends the file in parts without an ETag or a date");
  }
  TakeBody take = TakeFrom(*part, FileState{0, part->total, validators});
  take.restarted = resume.offset > 0;
  return take;
}

Decision JudgePart(const FileState& resume, const ReplyHead& head, const Framing& framing) {
  const auto part = PartOf(head, framing);
  if (!part) return StartOver{part.error()};
  if (part->span.first > resume.offset) return StartOver{"the part starts too late"};
  if (part->span.last < resume.offset) return StartOver{"the part holds nothing that is missing"};
  if (resume.total && part->total && part->total != resume.total) {
    return StartOver{"the file has another length"};
  }
  const bool length_needed = !resume.total || !IsStrongEtag(resume.validators.etag);
  if (!part->total && length_needed) {
    return StartOver{"the part does not say how long the file is"};
  }
  if (resume.total && part->span.last >= *resume.total) {
    return StartOver{"the part is longer than the file"};
  }
  if (std::string reason = VersionMismatch(resume, ValidatorsOf(head)); !reason.empty()) {
    return StartOver{std::move(reason)};
  }
  FileState state = resume;
  if (part->total) state.total = part->total;
  return TakeFrom(*part, std::move(state));
}

// --- everything else ----------------------------------------------------------

Decision JudgeUnsatisfiedRange(const FileState& resume, const ReplyHead& head) {
  const auto range = ParseContentRange(SingleValue(head, "Content-Range"));
  const bool same_total = range && !range->span && range->total == resume.total;
  // All bytes of one version are here, whatever the server has since.
  if (same_total && resume.total == resume.offset) return AlreadyComplete{resume};
  return StartOver{"the server has no such range"};
}

Refuse RefuseStatus(const ReplyHead& head) {
  Refuse refuse;
  refuse.error = Error{HttpError(head.status), ErrorContext::kRemoteFile,
                       fmt::format("the server answered with HTTP status {}", head.status)};
  refuse.retry_after = RetryAfterOf(head);
  // 429 is younger than BITS' table; a server that names a time expects a retry.
  const bool invited = head.status == 429 && refuse.retry_after;
  refuse.recoverable = IsRecoverable(head.status) || invited;
  return refuse;
}

}  // namespace

std::vector<std::string_view> ValuesOf(const ReplyHead& head, std::string_view name) {
  std::vector<std::string_view> values;
  for (const HeaderField& field : head.fields) {
    if (EqualsIgnoringCase(field.name, name)) values.emplace_back(field.value);
  }
  return values;
}

std::optional<std::chrono::seconds> RetryAfterOf(const ReplyHead& head) {
  const std::string value = SingleValue(head, "Retry-After");
  if (!value.empty() && value.find_first_not_of("0123456789") == std::string::npos) {
    const auto seconds = ParseByteCount(value);
    const auto limit = static_cast<std::uint64_t>(kMaxRetryAfter.count());
    return std::chrono::seconds(std::min(seconds.value_or(limit), limit));
  }
  const auto when = ParseHttpDate(value);
  auto base = ParseHttpDate(SingleValue(head, "Date"));
  if (!base) base = head.received;
  if (!when || !base) return std::nullopt;
  const auto wait = std::chrono::duration_cast<std::chrono::seconds>(*when - *base);
  return std::clamp(wait, std::chrono::seconds(0), kMaxRetryAfter);
}

bool CanResume(const Validators& validators) {
  return IsStrongEtag(validators.etag) || ParseHttpDate(validators.last_modified).has_value();
}

RangeRequest PlanRequest(const FileState& resume) {
  if (resume.offset == 0 || !CanResume(resume.validators)) return {};
  const std::string range = fmt::format("Range: bytes={}-", resume.offset);
  if (IsStrongEtag(resume.validators.etag)) {
    return {resume.offset, {range, "If-Range: " + resume.validators.etag.ToString()}};
  }
  if (!resume.total) return {};
  return {resume.offset,
          {range, "If-Unmodified-Since: " + resume.validators.last_modified.ToString()}};
}

Decision Judge(const FileState& resume, const ReplyHead& head) {
  const bool ranged = PlanRequest(resume).offset > 0;
  if (ranged && head.status == 412) return StartOver{"the file has changed"};
  if (ranged && head.status == 416) return JudgeUnsatisfiedRange(resume, head);
  if (head.status != 200 && head.status != 206) return RefuseStatus(head);

  if (auto refuse = RefuseEncoding(head)) return *refuse;
  const auto framing = FramingOf(head);
  if (!framing) return framing.error();
  // Some servers send parts as 200 with a Content-Range.
  const bool partial = head.status == 206 || !ValuesOf(head, "Content-Range").empty();
  if (!partial) return TakeWhole(resume, head, *framing);
  return ranged ? JudgePart(resume, head, *framing) : JudgeUnaskedPart(resume, head, *framing);
}

bool HasSoundFraming(const ReplyHead& head) { return FramingOf(head).has_value(); }

bool IsRecoverable(int status) {
  switch (status) {
    case 300:
    case 301:
    case 302:
    case 303:
    case 304:
    case 305:
    case 307:
    case 501:
    case 505:
      return false;
    case 408:
    case 409:
      return true;
    default:
      return status < 400 || status > 499;
  }
}

}  // namespace engine::transfer
