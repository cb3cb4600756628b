// Jobs with settings.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "queue_fixture.h"

namespace engine {

class QueueSettingsTest : public QueueTest {
 protected:
  Result<JobSnapshot> Change(const JobId& id, SettingsChanges changes) {
    return Await<JobSnapshot>(
        [&](auto done) { queue_->ChangeSettings(id, std::move(changes), std::move(done)); });
  }
  HResult Set(const JobId& id, SettingsChanges changes) {
    const auto result = Change(id, std::move(changes));
    return result ? HResult::kOk : result.error().code;
  }
  Result<std::optional<SecretText>> Headers(const JobId& id) {
    return Await<std::optional<SecretText>>(
        [&](auto done) { queue_->ReadCustomHeaders(id, std::move(done)); });
  }
  JobId CreateWith(SettingsChanges changes, const std::string& name = "a") {
    const JobId id = Create(name);
    EXPECT_EQ(Set(id, std::move(changes)), HResult::kOk);
    EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
    return id;
  }
  Status AddRanges(const JobId& id, std::vector<FileRange> ranges) {
    return Await<void>([&](Completion<void> done) {
      queue_->AddFile({"alice", false}, id, {"http://server/r", "C:\\data\\r", std::move(ranges)},
                      std::move(done));
    });
  }
  HResult ErrorOf(const JobId& id) {
    const Job job = Get(id);
    return job.error ? job.error->code : HResult::kOk;
  }
};

inline SettingsChanges HeadersOf(const std::string& text) {
  SettingsChanges changes;
  changes.custom_headers = SecretText(text);
  return changes;
}

inline SettingsChanges FlagsOf(std::uint32_t flags) {
  SettingsChanges changes;
  changes.security_flags = flags;
  return changes;
}

inline SettingsChanges TimeOf(std::uint32_t limit) {
  SettingsChanges changes;
  changes.maximum_download_time = limit;
  return changes;
}

}  // namespace engine
