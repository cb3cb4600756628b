#include "engine/transfer/http_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/transfer/reply_facts.h"

namespace engine::transfer {
namespace {

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
  if (std::string reason = VersionMismatch(resume.validators, ValidatorsOf(head));
      !reason.empty()) {
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

Decision JudgeDynamic(const ReplyHead& head) {
  if (head.status == 206) return Broken("the reply is a part of the file that was not asked for");
  if (head.status != 200) return RefuseStatus(head);
  if (auto refuse = RefuseEncoding(head)) return *refuse;
  const auto framing = FramingOf(head);
  if (!framing) return framing.error();
  TakeBody take;
  take.body_length = framing->length;
  take.chunked = framing->chunked;
  take.state = FileState{0, framing->length, ValidatorsOf(head)};
  return take;
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
    case 425:
    case 429:
      return true;
    default:
      return status < 400 || status > 499;
  }
}

}  // namespace engine::transfer
