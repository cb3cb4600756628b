// The reply of an upload-reply, fetched like any other file. On the net thread.
#pragma once

#include <functional>
#include <memory>

#include "engine/transfer/attempt.h"
#include "engine/transfer/net.h"

namespace engine::transfer {

// What the job may tell only its own origin: without server credentials, the client
// certificate and custom headers unless `url` is of the same origin as `job_url`.
ReachPointer ReachFor(const std::string& url, const std::string& job_url, ReachPointer reach);

// A download whose events go to `report` instead of the engine; on any thread that
// net.Emit is called on.
class ReplyFetch final : private Net {
 public:
  ReplyFetch(Net& net, Download download, std::function<void(Event)> report);

  // As an attempt has them.
  void Begin() { attempt_.Begin(); }
  void Stop() { attempt_.Stop(); }
  void Tick(SteadyTime now) { attempt_.Tick(now); }
  void Unpause() { attempt_.Unpause(); }
  void Flush() { attempt_.Flush(); }

 private:
  const TransferOptions& options() const override { return net_.options(); }
  CurlClient& curl() override { return net_.curl(); }
  DiskThreads& disk() override { return net_.disk(); }
  BufferPool& pool() override { return net_.pool(); }
  Throttle& throttle() override { return net_.throttle(); }
  const ForbiddenHosts& forbidden_hosts() const override { return net_.forbidden_hosts(); }
  HeadRefusals& head_refusals() override { return net_.head_refusals(); }
  void Emit(Event event) override { report_(std::move(event)); }
  void Post(Task task) override { net_.Post(std::move(task)); }
  void WaitForBuffer(TransferId id) override { net_.WaitForBuffer(id); }

  Net& net_;
  const std::function<void(Event)> report_;
  Attempt attempt_;
};

}  // namespace engine::transfer
