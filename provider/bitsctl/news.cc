#include "provider/bitsctl/news.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "provider/bitsctl/uri_alias.h"

namespace bitsctl {
namespace {

std::string QueryFor(const std::string& id) {
  std::string query =
      "SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA 'BitsClientJob'";
  if (!id.empty()) query += " AND TargetInstance.JobId = '" + id + "'";
  return query;
}

// Empty for what is no event of a job.
std::optional<JobNews> ReadNews(const Element& event) {
  const auto target = std::find_if(event.children.begin(), event.children.end(),
                                   [](const Element& e) { return e.name == "TargetInstance"; });
  if (target == event.children.end()) return std::nullopt;
  Result<JobView> job = ReadJob(*target);
  if (!job) return std::nullopt;
  JobNews news{job->id, std::nullopt};
  if (event.name != "__InstanceDeletionEvent") news.job = *std::move(job);
  return news;
}

}  // namespace

News::~News() {
  if (!subscription_.empty()) service_.Unsubscribe(JobUri(), subscription_);
}

void News::Subscribe(const std::string& id) {
  auto subscribed = service_.Subscribe(JobUri(), QueryFor(id));
  if (subscribed) subscription_ = *std::move(subscribed);
}

std::optional<std::vector<JobNews>> News::Next(std::chrono::milliseconds wait) {
  if (subscription_.empty()) return std::nullopt;
  const auto events = service_.PullEvents(JobUri(), subscription_, wait);
  if (!events) {
    subscription_.clear();
    return std::nullopt;
  }
  std::vector<JobNews> all;
  for (const Element& event : *events) {
    std::optional<JobNews> news = ReadNews(event);
    if (!news) return std::nullopt;
    all.push_back(*std::move(news));
  }
  return all;
}

}  // namespace bitsctl
