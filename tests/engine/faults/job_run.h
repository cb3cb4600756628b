// Jobs on a real engine with a real store, disk and network, brought to where
// they rest: TRANSFERRED, ERROR or TRANSIENT_ERROR.
#pragma once

#include <gmock/gmock.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/support/origin_server.h"

namespace engine {

class JobRunTest : public testing::Test {
 protected:
  // Failures show at once and limits on jobs are out of the way.
  JobRunTest();
  ~JobRunTest() override;

  Options& options() { return options_; }
  // Started by the first use.
  Engine& engine();

  // A foreground job of one file, downloaded to `name` on the drive.
  JobId Start(const std::string& url, const std::string& name);
  HResult Call(const JobId& id, JobMethod method);
  // Until `enough` says true of the job; the job then. Fails after 30 s.
  Job WaitUntil(const JobId& id, const std::function<bool(const Job&)>& enough);
  Job WaitForRest(const JobId& id);
  // Completes a TRANSFERRED job; what is in the file then.
  std::string Complete(const JobId& id, const std::string& name);
  // The bytes on disk that the job claims.
  std::string HeldBytes(const Job& job) const;
  std::vector<std::string> NamesOnDrive() const;

 private:
  template <class T>
  Result<T> Await(const std::function<void(Completion<T>)>& run);

  std::filesystem::path directory_;
  Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;  // guarded by mutex_
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<JobWatch> watch_;
};

// The number in an environment variable, or `otherwise`.
int NumberFromEnvironment(const char* name, int otherwise);

}  // namespace engine
