// A file that is made of some ranges of the remote one, in the order they were
// given: which range comes next, and what the reply to it means. Each range is
// asked for by itself. Pure logic.
//
// The FileStates count bytes of the local file; the remote one's length is kept
// here, because without it a date proves nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/job_settings.h"
#include "engine/transfer/reply_facts.h"

namespace engine::transfer {

class RangedFile {
 public:
  // At least one range, none of them empty, at most one to the end of the file.
  explicit RangedFile(std::vector<FileRange> ranges) : ranges_(std::move(ranges)) {}

  // The lines that ask for what follows `from`; with bytes of some version
  // there, a condition that keeps to that version. Empty when nothing can prove
  // that the server continues the same version, and when `from` is the end.
  std::optional<std::vector<std::string>> Plan(const FileState& from) const;

  // The reply to Plan(from). Fatal: BG_E_INVALID_RANGE when a range is not in the
  // file, BG_E_INSUFFICIENT_RANGE_SUPPORT when the server sends all of it or
  // nothing that the next range could be proven with, and
  // BG_E_INVALID_SERVER_RESPONSE for a part that is not the one asked for.
  Decision Judge(const FileState& from, const ReplyHead& head);

 private:
  // What is asked for next.
  struct Ask {
    std::uint64_t first = 0;
    std::optional<std::uint64_t> length;  // empty: to the end of the file
  };
  std::optional<Ask> Next(const FileState& from) const;
  std::optional<std::uint64_t> LocalTotal(std::optional<std::uint64_t> remote_total) const;
  std::optional<std::uint64_t> RemoteTotal(const FileState& from) const;
  bool CanProve(const Validators& validators, std::optional<std::uint64_t> remote_total) const;
  std::optional<Refuse> FindOutside(std::uint64_t remote_total) const;
  Decision JudgePart(const FileState& from, const Part& part, Validators validators);

  std::vector<FileRange> ranges_;
  std::optional<std::uint64_t> remote_total_;  // of the version that is being taken
};

}  // namespace engine::transfer
