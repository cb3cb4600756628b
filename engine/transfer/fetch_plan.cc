#include "engine/transfer/fetch_plan.h"

#include <fmt/format.h>

#include "engine/transfer/reply_facts.h"

namespace engine::transfer {

FetchPlan::FetchPlan(const Download& download) : most_bytes_(download.most_bytes) {
  const JobSettings defaults;
  const JobSettings& settings = download.settings ? *download.settings : defaults;
  method_ = settings.http_method;
  dynamic_ = settings.dynamic_content;
  high_performance_ = settings.high_performance;
  if (download.ranges && !download.ranges->empty()) ranges_.emplace(*download.ranges);
}

bool FetchPlan::CanResume(const FileState& resume) const {
  return !OnlyWhole() && !high_performance_ && CanContinue(resume);
}

bool FetchPlan::CanContinue(const FileState& received) const {
  if (ranges_) return ranges_->Plan(received).has_value();
  return !OnlyWhole() && PlanRequest(received).offset > 0;
}

std::vector<std::string> FetchPlan::Headers(const FileState& from) const {
  if (ranges_) return ranges_->Plan(from).value_or(std::vector<std::string>());
  return OnlyWhole() ? std::vector<std::string>() : PlanRequest(from).headers;
}

Decision FetchPlan::Judge(const FileState& from, const ReplyHead& head) {
  Decision decision = ranges_    ? ranges_->Judge(from, head)
                      : dynamic_ ? JudgeDynamic(head)
                                 : transfer::Judge(from, head);
  const auto* take = std::get_if<TakeBody>(&decision);
  if (take != nullptr && IsTooLong(take->state.total.value_or(0))) return TooLong();
  return decision;
}

Refuse FetchPlan::TooLong() const {
  return Unusable(HResult::kMaxDownloadSizeReached,
                  fmt::format("the file is longer than the {} bytes that the job's "
                              "MaximumDownloadSize leaves for it",
                              most_bytes_.value_or(0)));
}

}  // namespace engine::transfer
