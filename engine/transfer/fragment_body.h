// The bytes of fragments on their way from the disk to the network: read ahead by
// one buffer, never a whole fragment in memory, as fast as the rate limits allow.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "engine/transfer/net.h"
#include "engine/transfer/upload_packets.h"

namespace engine::transfer {

// On the net thread. Must stay until it is idle().
class FragmentBody final : public RequestBody {
 public:
  // `changed` is called when there is more to give, or an error: Unpause wants calling.
  FragmentBody(Net& net, TransferId id, Priority priority, std::shared_ptr<DiskSource> source,
               std::function<void()> changed);

  // The body of the next packet. The source is open, and nothing is sent from it.
  void Begin(const FragmentSpan& span);
  // Of packets without a body.
  void BeginEmpty() { Begin({}); }
  // Nothing more is wanted; what was read goes back.
  void End();
  // There is memory again.
  void ReadAhead();
  // No disk thread has an order.
  bool idle() const { return pending_ == 0; }
  // Why the body ended early.
  const std::optional<Error>& error() const { return error_; }
  // All of it was given to the network.
  bool given() const { return position_ == end_; }
  // The network waits for the disk, memory or a rate limit.
  bool paused() const { return paused_; }
  // True: it did, and Unpause of the exchange is to be called.
  bool Resume();
  SteadyTime last_given() const { return last_given_; }

  std::uint64_t size() const override { return end_ - start_; }
  Given Give(std::span<std::byte> room) override;
  void Rewind() override;

 private:
  void OnRead(std::uint64_t version, const Status& status, Buffer buffer);
  void Drop();
  Given Pause();

  Net& net_;
  const TransferId id_;
  const Priority priority_;
  const std::shared_ptr<DiskSource> source_;
  const std::function<void()> changed_;

  std::uint64_t start_ = 0;  // offsets in the file
  std::uint64_t position_ = 0;
  std::uint64_t read_to_ = 0;  // ordered from the disk
  std::uint64_t end_ = 0;
  std::uint64_t version_ = 0;  // counts rewinds: late answers are told apart
  std::deque<Buffer> ready_;   // the first one holds `position_`
  int pending_ = 0;            // reads that are not answered
  int reading_ = 0;            // those of this version
  bool paused_ = false;
  SteadyTime last_given_;
  std::optional<Error> error_;
};

}  // namespace engine::transfer
