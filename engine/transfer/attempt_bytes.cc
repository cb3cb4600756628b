// The bytes of an attempt on their way to disk, and its end.
#include <algorithm>
#include <utility>

#include "engine/transfer/attempt.h"
#include "engine/transfer/http_fields.h"
#include "engine/transfer/local_error.h"

namespace engine::transfer {
namespace {

// While this much is to come, the kernel may wait for kLowWaterBytes before it
// wakes the net thread.
constexpr int kLowWaterBytes = 256 * 1024;
constexpr std::uint64_t kLowWaterRest = 3 * kLowWaterBytes;

}  // namespace

// --- network to disk ----------------------------------------------------------

// Takes all of `data` or, when there is no memory, nothing.
bool Attempt::Gather(std::span<const std::byte> data) {
  while (!data.empty()) {
    if (!buffer_ && !NextBuffer()) return false;
    if (buffer_->Room() >= data.size()) {
      buffer_->Append(data);
      received_.offset += data.size();
      if (buffer_->Room() == 0) Submit();
      return true;
    }
    // The rest must have a place before the first byte is taken.
    const std::size_t room = buffer_->Room();
    auto next = TakeBuffer(received_.offset + room);
    if (!next) {
      Submit();
      return false;
    }
    buffer_->Append(data.first(room));
    received_.offset += room;
    Submit();
    buffer_ = std::move(next);
    data = data.subspan(room);
  }
  return true;
}

bool Attempt::NextBuffer() {
  buffer_ = TakeBuffer(received_.offset);
  return buffer_.has_value();
}

// Empty while the disk or the pool has to catch up: Unpause will be called.
std::optional<Buffer> Attempt::TakeBuffer(std::uint64_t offset) {
  if (writing_ + (buffer_ ? 1 : 0) >= kBuffersAhead) {
    waits_for_disk_ = true;
    return std::nullopt;
  }
  std::optional<std::uint64_t> expected;
  if (received_.total) expected = *received_.total - offset;
  auto buffer = net_.pool().Take(offset, expected);
  if (!buffer) net_.WaitForBuffer(download_.id);
  return buffer;
}

void Attempt::Submit() {
  if (!buffer_) return;
  Buffer buffer = std::move(*buffer_);
  buffer_.reset();
  if (buffer.bytes().empty()) return net_.pool().GiveBack(std::move(buffer));
  ++pending_;
  ++writing_;
  net_.disk().Write(file_, std::move(buffer), [this](Status status, Buffer used) {
    net_.Post(Task([this, status = std::move(status), used = std::move(used)]() mutable {
      net_.pool().GiveBack(std::move(used));
      --pending_;
      --writing_;
      OnWritten(status);
      if (std::exchange(waits_for_disk_, false)) Unpause();
      EndIfSettled();
    }));
  });
}

void Attempt::Flush() {
  if (!ending_) Submit();
}

// Fewer wake-ups while a long body flows fast.
void Attempt::AdjustLowWaterMark(std::uint64_t rest_of_body) {
  // Waiting for many bytes would close a small window, which is a round trip lost.
  const bool limited =
      net_.throttle().Limits(download_.priority) || (Yields() && !(window_ && window_->IsWide()));
  const bool raise = rest_of_body > 2 * kLowWaterRest && !slow_ && !limited;
  if (raise && !low_water_raised_) {
    low_water_raised_ = true;
    exchange_->SetLowWaterMark(kLowWaterBytes);
  } else if (low_water_raised_ && (limited || rest_of_body < kLowWaterRest)) {
    LowerLowWaterMark();
  }
}

void Attempt::LowerLowWaterMark() {
  if (!low_water_raised_) return;
  low_water_raised_ = false;
  exchange_->SetLowWaterMark(1);
}

// --- giving way ---------------------------------------------------------------

bool Attempt::Yields() const {
  return download_.priority != Priority::kForeground && net_.options().background_yields;
}

// Before the kernel has opened its own window. What fits into the first one is not worth it.
void Attempt::LimitWindow(std::optional<std::uint64_t> body_length) {
  if (!Yields() || (body_length && *body_length <= kFirstWindow)) return;
  window_.emplace(last_activity_);
  exchange_->SetReceiveWindow(kFirstWindow);
}

void Attempt::AdjustWindow(SteadyTime now) {
  if (!window_ || paused_) return;
  if (const auto path = exchange_->Path()) exchange_->SetReceiveWindow(window_->Update(*path, now));
}

// The connection may serve a foreground transfer next.
void Attempt::ReleaseWindow() {
  if (window_) exchange_->SetReceiveWindow(kMostWindow);
  window_.reset();
}

// --- checkpoints --------------------------------------------------------------

void Attempt::CheckpointIfDue(SteadyTime now) {
  if (plan_.high_performance()) return ReportUnsynced(now);
  if (received_.offset <= checkpoint_offset_ || !file_open_) return;
  const bool far = received_.offset - checkpoint_offset_ >= net_.options().checkpoint_bytes;
  const bool long_ago = now - checkpoint_time_ >= net_.options().checkpoint_interval;
  if (!far && !long_ago) return;
  checkpoint_time_ = now;
  Checkpoint();
}

// Of a file that is durable at its end alone. Its last byte is not told of before,
// so that nobody takes it for finished.
void Attempt::ReportUnsynced(SteadyTime now) {
  const bool told = received_.offset <= reported_offset_ || received_.offset == received_.total;
  if (told || now - checkpoint_time_ < net_.options().checkpoint_interval) return;
  checkpoint_time_ = now;
  reported_offset_ = received_.offset;
  net_.Emit(Progressed{download_.id, received_});
}

void Attempt::Checkpoint() {
  if (sync_pending_ || !file_open_) return;
  Submit();
  sync_pending_ = true;
  checkpoint_offset_ = received_.offset;
  ++pending_;
  net_.disk().Sync(file_, [this, version = version_, state = received_](Status status) {
    net_.Post(Task([this, version, state, status = std::move(status)] {
      --pending_;
      sync_pending_ = false;
      OnSynced(version, state, status);
      EndIfSettled();
    }));
  });
}

// --- answers of the disk threads ----------------------------------------------

DiskThreads::Done Attempt::Reply(void (Attempt::*method)(const Status&)) {
  ++pending_;
  return [this, method](Status status) {
    net_.Post(Task([this, method, status = std::move(status)] {
      --pending_;
      (this->*method)(status);
      EndIfSettled();
    }));
  };
}

void Attempt::OnCreated(const Status& status) {
  if (!status) FailLocally(status.error());
}

void Attempt::OnWritten(const Status& status) {
  if (!status) FailLocally(status.error());
}

void Attempt::OnSynced(std::uint64_t version, const FileState& state, const Status& status) {
  if (!status) return FailLocally(status.error());
  if (version != version_) return;  // of bytes that are worthless since
  durable_ = state;
  if (!ending_) net_.Emit(Progressed{download_.id, durable_});
}

void Attempt::FailLocally(const Error& error) {
  Failure failure{error, IsRecoverableLocally(error.code), std::nullopt};
  if (!ending_) return Conclude(std::move(failure));
  // The last bytes did not make it; a stop stays a stop.
  if (std::holds_alternative<Success>(*ending_)) ending_ = std::move(failure);
}

// --- the end ------------------------------------------------------------------

void Attempt::Conclude(Ending ending) {
  if (ending_) return;
  exchange_.reset();
  ending_ = std::move(ending);
  if (!KeepsBytes() && buffer_) {
    net_.pool().GiveBack(std::move(*buffer_));
    buffer_.reset();
  }
  EndIfSettled();
}

// Whether what arrived is made durable before the end, so that a retry resumes.
bool Attempt::KeepsBytes() const {
  if (std::holds_alternative<Restarting>(*ending_)) return false;
  if (plan_.high_performance()) return std::holds_alternative<Success>(*ending_);
  const auto* failure = std::get_if<Failure>(&*ending_);
  return failure == nullptr || failure->error.context != ErrorContext::kLocalFile;
}

void Attempt::EndIfSettled() {
  if (!ending_ || ended_) return;
  const bool success = std::holds_alternative<Success>(*ending_);
  const bool unsynced = received_.offset > checkpoint_offset_ || (success && !final_sync_done_);
  if (file_open_ && KeepsBytes() && !sync_pending_ && unsynced) {
    final_sync_done_ = true;
    Checkpoint();
  }
  if (pending_ > 0) {
    if (success && !std::exchange(arrived_reported_, true)) net_.Emit(Arrived{download_.id});
    return;
  }
  ended_ = true;
  if (success && plan_.high_performance()) SetModified();
  net_.disk().Close(file_);
  if (success) ReportRedirect();
  net_.Emit(FinalEvent());
}

// Other files get it with their final name.
void Attempt::SetModified() {
  const auto modified = ParseHttpDate(durable_.validators.last_modified.ToString());
  if (modified) net_.disk().SetModified(file_, *modified);
}

// Not before the file is here: until then every request goes to the job's own
// address, and what is secret stays with that.
void Attempt::ReportRedirect() {
  const bool redirected = !url_.empty() && url_ != download_.url;
  if (redirected && redirect_policy_.report) net_.Emit(Redirected{download_.id, url_});
}

Event Attempt::FinalEvent() const {
  if (std::holds_alternative<Success>(*ending_)) return Finished{download_.id, durable_};
  if (std::holds_alternative<Stopping>(*ending_)) return Stopped{download_.id, durable_};
  if (std::holds_alternative<Restarting>(*ending_)) return Restarted{download_.id};
  const Failure& failure = std::get<Failure>(*ending_);
  return Failed{download_.id, durable_, failure.error, failure.recoverable, failure.retry_after};
}

}  // namespace engine::transfer
