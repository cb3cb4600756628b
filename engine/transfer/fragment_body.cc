#include "engine/transfer/fragment_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace engine::transfer {
namespace {

// One is sent while the next is read.
constexpr std::size_t kBuffers = 2;
// With rate limits the network gets this much at a time.
constexpr std::size_t kLimitedBytes = 16 * 1024;

}  // namespace

FragmentBody::FragmentBody(Net& net, TransferId id, Priority priority,
                           std::shared_ptr<DiskSource> source, std::function<void()> changed)
    : net_(net),
      id_(id),
      priority_(priority),
      source_(std::move(source)),
      changed_(std::move(changed)) {}

void FragmentBody::Begin(const FragmentSpan& span) {
  start_ = span.offset;
  end_ = span.end();
  error_.reset();
  paused_ = false;
  last_given_ = Now();
  Rewind();
}

void FragmentBody::End() {
  end_ = start_;
  Drop();
}

void FragmentBody::Rewind() {
  Drop();
  ReadAhead();
}

void FragmentBody::Drop() {
  for (Buffer& buffer : ready_) net_.pool().GiveBack(std::move(buffer));
  ready_.clear();
  ++version_;
  reading_ = 0;
  position_ = read_to_ = start_;
}

void FragmentBody::ReadAhead() {
  while (!error_ && read_to_ < end_ &&
         ready_.size() + static_cast<std::size_t>(reading_) < kBuffers) {
    std::optional<Buffer> buffer = net_.pool().Take(read_to_, end_ - read_to_);
    if (!buffer) {
      // What is on its way will ask again.
      if (ready_.empty() && reading_ == 0) net_.WaitForBuffer(id_);
      return;
    }
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer->Room(), end_ - read_to_));
    read_to_ += length;
    ++pending_;
    ++reading_;
    net_.disk().Read(source_, std::move(*buffer), length,
                     [this, version = version_](Status status, Buffer filled) {
                       net_.Post(Task([this, version, status = std::move(status),
                                       filled = std::move(filled)]() mutable {
                         OnRead(version, status, std::move(filled));
                       }));
                     });
  }
}

void FragmentBody::OnRead(std::uint64_t version, const Status& status, Buffer buffer) {
  --pending_;
  const bool wanted = version == version_;
  if (wanted) --reading_;
  if (wanted && !status) error_ = status.error();
  if (wanted && !error_)
    ready_.push_back(std::move(buffer));
  else
    net_.pool().GiveBack(std::move(buffer));
  changed_();
}

RequestBody::Given FragmentBody::Give(std::span<std::byte> room) {
  using Flow = ExchangeObserver::Flow;
  if (error_) return {0, Flow::kAbort};
  if (position_ == end_) return {0, Flow::kContinue};
  if (ready_.empty()) return Pause();
  if (!net_.throttle().MayTake(id_, priority_)) return Pause();
  if (net_.throttle().Limits(priority_)) room = room.first(std::min(room.size(), kLimitedBytes));
  const auto bytes = ready_.front().bytes();
  const auto sent = static_cast<std::size_t>(position_ - ready_.front().offset());
  const std::size_t size = std::min(room.size(), bytes.size() - sent);
  std::memcpy(room.data(), bytes.data() + sent, size);
  position_ += size;
  if (sent + size == bytes.size()) {
    net_.pool().GiveBack(std::move(ready_.front()));
    ready_.pop_front();
    ReadAhead();
  }
  net_.throttle().Took(id_, priority_, size);
  last_given_ = Now();
  return {size, Flow::kContinue};
}

RequestBody::Given FragmentBody::Pause() {
  paused_ = true;
  return {0, ExchangeObserver::Flow::kPause};
}

bool FragmentBody::Resume() {
  if (!paused_) return false;
  last_given_ = Now();
  return std::exchange(paused_, false);
}

}  // namespace engine::transfer
