// Small work that is done beside the transfers, a few pieces at a time. On the net
// thread.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/transfer/transfer_work.h"

namespace engine::transfer {

class SideWork {
 public:
  explicit SideWork(std::size_t most) : most_(most) {}

  void Add(std::unique_ptr<Work> work) { waiting_.push_back(std::move(work)); }
  void Begin() {
    while (running_.size() < most_ && !waiting_.empty()) {
      running_.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      running_.back()->Begin();
    }
  }
  void Tick(SteadyTime now) {
    for (const auto& work : running_) work->Tick(now);
  }
  // Those that have not begun are stopped and gone at once.
  void Stop() {
    for (const auto& work : running_) work->Stop();
    for (const auto& work : waiting_) work->Stop();
    waiting_.clear();
  }
  void RemoveEnded() {
    std::erase_if(running_, [](const auto& work) { return work->ended(); });
  }
  bool idle() const { return running_.empty(); }

 private:
  const std::size_t most_;  // at once
  std::deque<std::unique_ptr<Work>> waiting_;
  std::vector<std::unique_ptr<Work>> running_;
};

}  // namespace engine::transfer
