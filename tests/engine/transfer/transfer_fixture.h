// Real net and disk threads in a directory of their own, with a record of all
// events.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/transfer/disk.h"
#include "engine/transfer/worker.h"
#include "tests/support/origin_server.h"

namespace engine::transfer {

class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string ReadFile(const std::filesystem::path& path);
void WriteFile(const std::filesystem::path& path, const std::string& content);

// Keeps events in order; waits with a bound.
class EventRecord {
 public:
  void Add(Event event);
  std::vector<Event> Of(const TransferId& id) const;
  // Waits until `enough` says true of the events of `id`; false after 30 s.
  bool WaitUntil(const TransferId& id,
                 const std::function<bool(const std::vector<Event>&)>& enough);
  // The Finished, Stopped, Failed or Restarted of `id`; empty after 30 s.
  std::optional<Event> WaitForEnd(const TransferId& id);

 private:
  mutable std::mutex mutex_;
  std::condition_variable added_;
  std::vector<Event> events_;  // guarded by mutex_
};

TransferId IdOf(const Event& event);
bool IsEnd(const Event& event);

template <class T>
int Count(const std::vector<Event>& events) {
  int n = 0;
  for (const Event& event : events) n += std::holds_alternative<T>(event) ? 1 : 0;
  return n;
}

class TransferTest : public ::testing::Test {
 protected:
  TransferTest();
  ~TransferTest() override;

  // Starts the threads with options(); the first use does it.
  Transfers& transfers();
  DiskThreads& disk();
  // Ends the threads, with all that was posted to them; the next use starts anew.
  void EndThreads();
  TransferOptions& options() { return options_; }
  EventRecord& events() { return events_; }

  LocalTarget Target(const std::string& name) const;
  std::filesystem::path TemporaryPath(const Download& download) const;
  // A download of the next attempt at `name`.
  Download Of(const std::string& url, const std::string& name = "file", FileState resume = {});

  Event Run(const Download& download);
  Finished RunToFinish(const Download& download);
  Failed RunToFailure(const Download& download);

  // The bytes that `state` claims are there and belong to `content`.
  void ExpectDurable(const Download& download, const FileState& state, const std::string& content);
  void ExpectFile(const Download& download, const std::string& content);

  ScratchDirectory directory_;
  // What uploads wait for is stored at once; otherwise it is for the test to say so.
  std::atomic<bool> stores_ = true;

 private:
  void StartThreads();

  TransferOptions options_;
  EventRecord events_;
  std::uint64_t attempt_ = 0;
  std::unique_ptr<DiskThreads> disk_;
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace engine::transfer
