#include "engine/transfer/ranged_file.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace engine::transfer {
namespace {

bool IsToEnd(const FileRange& range) { return range.length == FileRange::kToEnd; }

// The lengths of all ranges that say one; kMaxFileBytes when that is more.
std::uint64_t BoundedBytes(const std::vector<FileRange>& ranges) {
  std::uint64_t sum = 0;
  for (const FileRange& range : ranges) {
    if (!IsToEnd(range)) sum += std::min(range.length, kMaxFileBytes - sum);
  }
  return sum;
}

// A range beyond all numbers ends at the last one: the server says that it is outside.
std::uint64_t LastOf(std::uint64_t first, std::uint64_t length) {
  return first + std::min(length - 1, std::numeric_limits<std::uint64_t>::max() - first);
}

}  // namespace

std::optional<std::uint64_t> RangedFile::LocalTotal(
    std::optional<std::uint64_t> remote_total) const {
  const auto open = std::find_if(ranges_.begin(), ranges_.end(), IsToEnd);
  const std::uint64_t bounded = BoundedBytes(ranges_);
  if (open == ranges_.end()) return bounded;
  if (!remote_total || *remote_total < open->offset) return std::nullopt;
  return bounded + std::min(*remote_total - open->offset, kMaxFileBytes - bounded);
}

// Of the version that the bytes of `from` are of.
std::optional<std::uint64_t> RangedFile::RemoteTotal(const FileState& from) const {
  if (from.offset > 0 && remote_total_) return remote_total_;
  const auto open = std::find_if(ranges_.begin(), ranges_.end(), IsToEnd);
  const std::uint64_t bounded = BoundedBytes(ranges_);
  if (open == ranges_.end() || !from.total || *from.total < bounded) return std::nullopt;
  return open->offset + (*from.total - bounded);
}

std::optional<RangedFile::Ask> RangedFile::Next(const FileState& from) const {
  std::uint64_t passed = 0;
  for (const FileRange& range : ranges_) {
    std::optional<std::uint64_t> length = range.length;
    if (IsToEnd(range)) {
      length.reset();
      if (const auto total = RemoteTotal(from)) length = *total - range.offset;
    }
    const std::uint64_t within = from.offset - passed;
    if (length && within >= *length) {
      passed += *length;
      continue;
    }
    if (length) length = *length - within;
    return Ask{range.offset + within, length};
  }
  return std::nullopt;
}

bool RangedFile::CanProve(const Validators& validators,
                          std::optional<std::uint64_t> remote_total) const {
  return IsStrongEtag(validators.etag) || (remote_total && CanResume(validators));
}

std::optional<std::vector<std::string>> RangedFile::Plan(const FileState& from) const {
  const auto ask = Next(from);
  if (!ask) return std::nullopt;
  std::vector<std::string> lines{
      ask->length ? fmt::format("Range: bytes={}-{}", ask->first, LastOf(ask->first, *ask->length))
                  : fmt::format("Range: bytes={}-", ask->first)};
  if (from.offset == 0) return lines;
  if (!CanProve(from.validators, RemoteTotal(from))) return std::nullopt;
  lines.push_back(IsStrongEtag(from.validators.etag)
                      ? "If-Range: " + from.validators.etag.ToString()
                      : "If-Unmodified-Since: " + from.validators.last_modified.ToString());
  return lines;
}

std::optional<Refuse> RangedFile::FindOutside(std::uint64_t remote_total) const {
  for (const FileRange& range : ranges_) {
    const bool starts_inside = range.offset < remote_total;
    if (starts_inside && (IsToEnd(range) || range.length <= remote_total - range.offset)) continue;
    const std::string length = IsToEnd(range) ? "to its end" : std::to_string(range.length);
    return Unusable(HResult::kInvalidRange,
                    fmt::format("the range at {} of length {} is not in the file, which has {} "
                                "bytes; ask for ranges within it",
                                range.offset, length, remote_total));
  }
  return std::nullopt;
}

Decision RangedFile::Judge(const FileState& from, const ReplyHead& head) {
  const bool continues = from.offset > 0;
  if (continues && head.status == 412) return StartOver{"the file has changed"};
  if (head.status == 416) {
    if (continues) return StartOver{"the server has no such range"};
    return Unusable(HResult::kInvalidRange, "the server has no such range of the file");
  }
  if (head.status != 200 && head.status != 206) return RefuseStatus(head);
  if (auto refuse = RefuseEncoding(head)) return *refuse;
  const auto framing = FramingOf(head);
  if (!framing) return framing.error();
  // Some servers send parts as 200 with a Content-Range.
  const bool whole = head.status == 200 && ValuesOf(head, "Content-Range").empty();
  if (whole && continues) return StartOver{"the server sends the file from its start"};
  if (whole) {
    return Unusable(HResult::kInsufficientRangeSupport,
                    "the server sends the whole file where a range was asked for");
  }
  const auto part = PartOf(head, *framing);
  if (!part) return Unusable(HResult::kInvalidServerResponse, part.error());
  return JudgePart(from, *part, ValidatorsOf(head));
}

Decision RangedFile::JudgePart(const FileState& from, const Part& part, Validators validators) {
  const bool continues = from.offset > 0;
  const auto known = continues ? RemoteTotal(from) : std::nullopt;
  if (known && part.total && part.total != known) return StartOver{"the file has another length"};
  if (continues) {
    std::string reason = VersionMismatch(from.validators, validators);
    if (!reason.empty()) return StartOver{std::move(reason)};
  } else {
    remote_total_.reset();
  }
  const auto remote_total = part.total ? part.total : known;
  if (continues && !part.total && !IsStrongEtag(from.validators.etag)) {
    return StartOver{"the part does not say how long the file is"};
  }
  if (remote_total) {
    if (auto outside = FindOutside(*remote_total)) return *outside;
  }
  remote_total_ = remote_total;

  FileState state = continues ? from : FileState{0, std::nullopt, std::move(validators)};
  state.total = LocalTotal(remote_total);
  if (!state.total) {
    return Unusable(HResult::kInvalidServerResponse, "the part does not say how long the file is");
  }
  const auto ask = Next(state);
  const std::uint64_t length = part.span.last - part.span.first + 1;
  if (!ask || part.span.first != ask->first || length > *ask->length) {
    return Unusable(HResult::kInvalidServerResponse,
                    fmt::format("the server sent the bytes {} to {} where others were asked for",
                                part.span.first, part.span.last));
  }
  if (state.offset + length < *state.total && !CanProve(state.validators, remote_total)) {
    return Unusable(HResult::kInsufficientRangeSupport,
                    "the server sends ranges without an ETag or a date, so nothing tells whether "
                    "they are of one version");
  }
  TakeBody take;
  take.offset = state.offset;
  take.body_length = length;
  take.chunked = part.chunked;
  take.state = std::move(state);
  return take;
}

}  // namespace engine::transfer
