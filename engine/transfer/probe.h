// One HEAD for the size of a file. Lives on the net thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/transfer/head_collector.h"
#include "engine/transfer/net.h"
#include "engine/transfer/transfer_work.h"

namespace engine::transfer {

inline constexpr std::size_t kMaxProbes = 4;  // at once; the others wait
inline constexpr std::chrono::seconds kProbeTimeout{30};

class Probe final : public Work, public ExchangeObserver {
 public:
  Probe(Net& net, TransferId id, std::string url, ReachPointer reach);

  void Begin() override;
  void Stop() override;  // answers that HEAD told nothing
  void Tick(SteadyTime) override {}
  void Unpause() override {}
  void Flush() override {}
  bool ended() const override { return ended_; }

  void OnSent() override {}
  Flow OnHeaderLine(std::string_view line) override;
  Flow OnBody(std::span<const std::byte>) override { return Flow::kAbort; }
  void OnDone(const ExchangeResult& result) override;

 private:
  void End(std::optional<std::uint64_t> total);
  std::optional<std::uint64_t> TotalOf(const ReplyHead& head) const;

  Net& net_;
  TransferId id_;
  std::string url_;
  const std::uint32_t security_flags_;
  Route route_;
  SteadyTime deadline_;
  HeadCollector head_;
  bool head_complete_ = false;
  int redirects_ = 0;
  std::unique_ptr<Exchange> exchange_;
  bool ended_ = false;
};

}  // namespace engine::transfer
