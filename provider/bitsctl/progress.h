// Progress of one job on a terminal, or as lines where there is none.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>

#include "provider/bitsctl/job_view.h"

namespace bitsctl {

// On a terminal one line that is rewritten; elsewhere a line for each change of
// state and each tenth of the bytes.
class Progress {
 public:
  enum class Style { kTerminal, kLines, kSilent };

  Progress(std::ostream& out, Style style) : out_(out), style_(style) {}

  void Show(const JobView& job, std::chrono::steady_clock::time_point now);
  // A line of its own; the progress line goes on below it.
  void Say(const std::string& text);
  // Ends the line that is being rewritten.
  void End();

 private:
  std::string Bar(const JobView& job, std::chrono::steady_clock::time_point now);

  std::ostream& out_;
  const Style style_;
  bool open_line_ = false;
  std::optional<JobState> state_;
  std::uint64_t tenths_ = 0;
  std::optional<std::chrono::steady_clock::time_point> started_;
  std::uint64_t started_at_ = 0;
};

}  // namespace bitsctl
