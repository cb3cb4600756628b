// One Start of a download: its requests, its bytes on their way to disk, its
// one final event. Lives on the net thread; everything is called there.
//
// Order of a byte: network → buffer → disk thread → fdatasync → event. Nothing
// is reported that is not durable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "engine/transfer/background_window.h"
#include "engine/transfer/fetch_plan.h"
#include "engine/transfer/head_collector.h"
#include "engine/transfer/http_rules.h"
#include "engine/transfer/net.h"
#include "engine/transfer/redirect.h"
#include "engine/transfer/transfer_work.h"

namespace engine::transfer {

// Times a file without durable bytes may start over within one attempt.
inline constexpr int kMaxStartOvers = 3;
// Buffers that one file may have, filled or waiting for a slow disk. Enough to keep
// the disk at work; the rest of the pool is for others.
inline constexpr int kBuffersAhead = 4;

class Attempt final : public Work, public ExchangeObserver {
 public:
  Attempt(Net& net, Download download);

  void Begin() override;
  void Stop() override;
  void Tick(SteadyTime now) override;
  void Unpause() override;
  void Flush() override;  // writes out a half-full buffer
  bool ended() const override { return ended_; }

  void OnSent() override;
  Flow OnHeaderLine(std::string_view line) override;
  Flow OnBody(std::span<const std::byte> data) override;
  void OnDone(const ExchangeResult& result) override;

 private:
  struct Success {};
  struct Stopping {};
  struct Restarting {};
  struct Failure {
    Error error;
    bool recoverable = true;
    std::optional<std::chrono::seconds> retry_after;
  };
  using Ending = std::variant<Success, Stopping, Restarting, Failure>;

  // Requests.
  void AskFromHere(FileState from);
  void AskAgain();
  void FollowRedirect();
  void RefuseRedirect(int status, const Result<std::string>& target);
  bool AskWithRoute(const ExchangeResult& result, const Offers& server, const Offers& proxy);
  void StartFromZero(const std::string& reason);
  void ForgetBytes();
  void Accept(const TakeBody& take);
  Flow Discard(std::size_t bytes);
  Flow RefuseBody(Refuse refuse);
  void OnBodyEnd(const TakeBody& take, const ExchangeResult& result);
  void AskForTheRest();

  // Bytes.
  bool Gather(std::span<const std::byte> data);
  bool NextBuffer();
  std::optional<Buffer> TakeBuffer(std::uint64_t offset);
  void Submit();
  void CheckpointIfDue(SteadyTime now);
  void Checkpoint();
  void ReportUnsynced(SteadyTime now);
  void AdjustLowWaterMark(std::uint64_t rest_of_body);
  void LowerLowWaterMark();

  // Whether the server is as good as silent (kLeastRate).
  void WatchPace(SteadyTime now);

  // Giving way (background_window.h).
  bool Yields() const;
  void LimitWindow(std::optional<std::uint64_t> body_length);
  void AdjustWindow(SteadyTime now);
  void ReleaseWindow();

  // Answers of the disk threads.
  DiskThreads::Done Reply(void (Attempt::*method)(const Status&));
  void OnOpenedForResume(const Status& status);
  void OnCreated(const Status& status);
  void OnWritten(const Status& status);
  void OnSynced(std::uint64_t version, const FileState& state, const Status& status);
  void FailLocally(const Error& error);

  // The end.
  void Conclude(Ending ending);
  bool KeepsBytes() const;
  void SetModified();
  void ReportRedirect();
  void EndIfSettled();
  Event FinalEvent() const;

  Net& net_;
  const Download download_;
  const std::uint32_t security_flags_;
  const RedirectPolicy redirect_policy_;
  FetchPlan plan_;
  FileState durable_;          // what events report
  FileState received_;         // where the next byte goes, of the version being taken
  FileState asked_;            // what the running request continues
  std::uint64_t version_ = 0;  // counts starts from zero: late answers are told apart

  std::shared_ptr<DiskFile> file_;
  bool file_open_ = false;
  int pending_ = 0;  // orders that the disk threads have not answered
  int writing_ = 0;  // buffers among them
  bool waits_for_disk_ = false;
  bool sync_pending_ = false;
  std::optional<Buffer> buffer_;
  std::uint64_t checkpoint_offset_ = 0;
  SteadyTime checkpoint_time_;
  std::uint64_t reported_offset_ = 0;  // of bytes that are not made durable on the way

  std::string url_;  // of the running request; a redirect's target, maybe
  std::string method_;
  Route route_;
  int redirects_ = 0;
  int start_overs_ = 0;
  std::unique_ptr<Exchange> exchange_;
  HeadCollector head_;
  std::optional<Decision> decision_;
  std::optional<std::string> redirect_;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t unwanted_bytes_ = 0;
  bool body_too_long_ = false;
  bool sent_ = false;
  bool paused_ = false;
  bool low_water_raised_ = false;
  std::optional<BackgroundWindow> window_;  // of the running request
  bool slow_ = false;
  SteadyTime last_watch_;
  SteadyTime::duration watched_{};  // of that time nothing on this side held the server back
  std::uint64_t watched_bytes_ = 0;
  bool connected_reported_ = false;
  SteadyTime last_activity_;
  SteadyTime decided_at_;

  std::optional<Ending> ending_;
  bool final_sync_done_ = false;
  bool arrived_reported_ = false;
  bool ended_ = false;
};

}  // namespace engine::transfer
