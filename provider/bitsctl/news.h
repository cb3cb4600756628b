// What the host tells about its jobs by itself.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "provider/bitsctl/job_view.h"
#include "provider/bitsctl/service.h"

namespace bitsctl {

struct JobNews {
  std::string id;
  std::optional<JobView> job;  // empty when it is gone
};

// A subscription for as long as it lives. Not thread-safe.
class News {
 public:
  explicit News(Service& service) : service_(service) {}
  ~News();
  News(const News&) = delete;
  News& operator=(const News&) = delete;

  // To one job, or to all when `id` is empty. Before the first look at the jobs,
  // so that nothing falls in between. A host that has no events is no failure.
  void Subscribe(const std::string& id);

  // The next news; none when nothing happened in time. Empty when the host does
  // not tell, or has lost some: then look again, after a while.
  std::optional<std::vector<JobNews>> Next(std::chrono::milliseconds wait);

 private:
  Service& service_;
  std::string subscription_;  // empty without one
};

}  // namespace bitsctl
