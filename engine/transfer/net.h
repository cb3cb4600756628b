// What an attempt or a probe may use of the net thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "engine/options.h"
#include "engine/transfer/buffer_pool.h"
#include "engine/transfer/curl_client.h"
#include "engine/transfer/disk.h"
#include "engine/transfer/forbidden_hosts.h"
#include "engine/transfer/head_refusals.h"
#include "engine/transfer/task.h"
#include "engine/transfer/throttle.h"
#include "engine/transfer/transfer.h"

namespace engine::transfer {

using SteadyTime = std::chrono::steady_clock::time_point;
inline SteadyTime Now() { return std::chrono::steady_clock::now(); }

// An unwanted body up to this size is read to its end, so that the connection can be
// used again.
inline constexpr std::uint64_t kMaxUnwantedBytes = 64 * 1024;
inline constexpr std::chrono::seconds kMaxUnwantedTime{2};

class Net {
 public:
  virtual ~Net() = default;

  virtual const TransferOptions& options() const = 0;
  virtual CurlClient& curl() = 0;
  virtual DiskThreads& disk() = 0;
  virtual BufferPool& pool() = 0;
  virtual Throttle& throttle() = 0;
  virtual const ForbiddenHosts& forbidden_hosts() const = 0;
  virtual HeadRefusals& head_refusals() = 0;
  virtual void Emit(Event event) = 0;

  // Runs `task` on the net thread. Any thread.
  virtual void Post(Task task) = 0;
  // Unpause will be called on the attempt when the pool has room.
  virtual void WaitForBuffer(TransferId id) = 0;
};

}  // namespace engine::transfer
