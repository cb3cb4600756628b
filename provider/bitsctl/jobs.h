// What can be done with the jobs of a host, in the provider's terms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/bitsctl/job_view.h"
#include "provider/bitsctl/service.h"

namespace bitsctl {

// JobState argument of SetJobState.
enum class JobAction : std::uint16_t { kCancel = 0, kComplete = 1, kResume = 2, kSuspend = 3 };
std::string_view NameOf(JobAction action);

struct JobSpec {
  std::string name;
  std::string url;
  std::string local_file;
  std::string description;
  std::optional<std::uint64_t> priority;
  std::optional<std::uint64_t> service_account;  // 0 system, 1 local, 2 network service
  engine::JobType type = engine::JobType::kDownload;
  std::string reply_file = "";  // of an upload-reply; empty: the host chooses
};

// Not thread-safe. Job ids are GUIDs as FindId returns them.
class Jobs {
 public:
  explicit Jobs(Service& service) : service_(service) {}

  // "{GUID}" for a GUID in any spelling, or for the display name of exactly one
  // job. kNoSuchJob when there is none; kUsage with the GUIDs when there are
  // several. A GUID is not looked up.
  Result<std::string> FindId(std::string_view job);

  Result<std::vector<JobView>> List();
  Result<JobView> Get(const std::string& id);
  // kNoSuchJob when it is gone. The text names `job` as the user wrote it.
  Result<JobView> Find(std::string_view job);

  // A suspended job; its GUID. A job that cannot get its priority or reply file is
  // cancelled.
  Result<std::string> Create(const JobSpec& spec);
  // `ranges` as "0:100,2000:eof"; empty: the whole file.
  Result<void> AddFile(const std::string& id, const std::string& url, const std::string& local_file,
                       const std::string& ranges = {});
  Result<void> Change(const std::string& id, const Properties& values);
  // The HRESULT, which is a success: 0, or one that says what was left undone.
  Result<std::uint32_t> Do(JobAction action, const std::string& id);
  // The same for a method without other outputs; `action` is for messages.
  Result<std::uint32_t> Call(const std::string& method, const std::string& id,
                             const Properties& arguments, std::string_view action);
  // The same of the class BitsdJobSettings, which not every host has.
  Result<Element> GetSettings(const std::string& id);
  Result<void> ChangeSettings(const std::string& id, const Properties& values);
  Result<std::uint32_t> CallSettings(const std::string& method, const std::string& id,
                                     const Properties& arguments, std::string_view action);
  // Bytes of the reply of an upload from `offset` on; none behind its end.
  Result<std::string> ReplyPart(const std::string& id, std::uint64_t offset);
  // Empty when the job has no error at present.
  Result<std::optional<JobErrorView>> GetError(const std::string& id);

 private:
  Result<Element> Invoke(const std::string& method, const std::optional<std::string>& id,
                         const Properties& arguments, const std::string& uri);

  // What CreateJob has no arguments for.
  Result<void> SetProperties(const std::string& id, const JobSpec& spec);

  Failure SettingsFailure(const wsman::client::ClientError& error, const std::string& id);

  Service& service_;
};

}  // namespace bitsctl
