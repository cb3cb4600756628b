#include "provider/bitsctl/progress.h"

#include <fmt/format.h>

#include "provider/bitsctl/output.h"

namespace bitsctl {
namespace {

constexpr std::size_t kBarWidth = 30;

// Clears to the end of the line (ECMA-48 EL), for a line shorter than the last.
constexpr std::string_view kClearLine = "\r\x1b[K";

double Fraction(const JobView& job) {
  if (!job.bytes_total || *job.bytes_total == 0) return 0;
  return static_cast<double>(job.bytes_transferred) / static_cast<double>(*job.bytes_total);
}

}  // namespace

std::string Progress::Bar(const JobView& job, std::chrono::steady_clock::time_point now) {
  if (!started_ || job.bytes_transferred < started_at_) {
    started_ = now;
    started_at_ = job.bytes_transferred;
  }
  const double seconds = std::chrono::duration<double>(now - *started_).count();
  const auto moved = static_cast<double>(job.bytes_transferred - started_at_);
  const auto rate = static_cast<std::uint64_t>(seconds > 0 ? moved / seconds : 0);
  const auto filled = static_cast<std::size_t>(Fraction(job) * kBarWidth);
  return fmt::format("[{:<{}}] {:>4} {} of {}  {}/s  {}", std::string(filled, '='), kBarWidth,
                     FormatPercent(job.bytes_transferred, job.bytes_total),
                     FormatBytes(job.bytes_transferred), FormatBytes(job.bytes_total),
                     FormatBytes(rate), engine::NameOf(job.state));
}

void Progress::Show(const JobView& job, std::chrono::steady_clock::time_point now) {
  if (style_ == Style::kTerminal) {
    out_ << kClearLine << Bar(job, now) << std::flush;
    open_line_ = true;
    return;
  }
  const auto tenths = static_cast<std::uint64_t>(Fraction(job) * 10);
  const bool changed = state_ != job.state || tenths_ != tenths;
  state_ = job.state;
  tenths_ = tenths;
  if (changed && style_ == Style::kLines) out_ << JobLine(job) << "\n" << std::flush;
}

void Progress::Say(const std::string& text) {
  End();
  out_ << text << "\n" << std::flush;
}

void Progress::End() {
  if (open_line_) out_ << "\n" << std::flush;
  open_line_ = false;
}

}  // namespace bitsctl
