// One Cancel-Session. Lives on the net thread.
#pragma once

#include <memory>
#include <optional>

#include "engine/transfer/packet_sender.h"
#include "engine/transfer/transfer_work.h"
#include "engine/transfer/upload_ack.h"

namespace engine::transfer {

inline constexpr std::size_t kMaxCancels = 8;  // at once; the others wait
inline constexpr std::chrono::seconds kCancelTimeout{30};

class SessionCancel final : public Work {
 public:
  SessionCancel(Net& net, CancelSession cancel);

  void Begin() override;
  void Stop() override;  // the server could not be told
  void Tick(SteadyTime now) override;
  void Unpause() override {}
  void Flush() override {}
  bool ended() const override { return ended_; }

 private:
  void OnAnswer(const PacketAnswer& answer);
  void End(std::optional<Error> error, bool again);

  Net& net_;
  const CancelSession cancel_;
  FragmentBody body_;  // an empty one
  PacketSender sender_;
  SteadyTime deadline_;
  bool ended_ = false;
};

}  // namespace engine::transfer
