// A job with a value in every field.
#pragma once

#include <chrono>

#include "engine/job.h"

namespace provider {

inline engine::TimePoint At(std::int64_t seconds_since_1970) {
  return engine::TimePoint(std::chrono::seconds(seconds_since_1970));
}

inline engine::Job JobForTest() {
  return engine::Job{.id = *engine::JobId::Parse("{327C1E84-ABC3-475D-A5D3-E7ED09806523}"),
                     .type = engine::JobType::kDownload,
                     .state = engine::JobState::kTransferring,
                     .priority = engine::Priority::kLow,
                     .display_name = "TestJob",
                     .description = "two files",
                     .owner = "S-1-5-20",
                     .creator = "alice",
                     .minimum_retry_delay = std::chrono::seconds(60),
                     .no_progress_timeout = std::chrono::seconds(3600),
                     .error_count = 4,
                     .error = nullptr,
                     .created = At(1'700'000'000),
                     .modified = At(1'700'000'060),
                     .completed = std::nullopt,
                     .sequence = 1,
                     .pending = engine::Pending::kNothing,
                     .files = {{.remote_url = "http://s/a",
                                .local_name = "C:\\a",
                                .temporary_name = "BIT1.tmp",
                                .bytes_total = 100,
                                .bytes_transferred = 100,
                                .transferred = true,
                                .validators = {}},
                               {.remote_url = "http://s/b",
                                .local_name = "C:\\b",
                                .temporary_name = "BIT2.tmp",
                                .bytes_total = 50,
                                .bytes_transferred = 20,
                                .transferred = false,
                                .validators = {}}}};
}

}  // namespace provider
