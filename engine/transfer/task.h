// A move-only void() callable, for closures that own buffers (std::function
// wants copies).
#pragma once

#include <memory>
#include <utility>

namespace engine::transfer {

class Task {
 public:
  template <class F>
  explicit Task(F call) : body_(std::make_unique<Holder<F>>(std::move(call))) {}

  void Run() { body_->Run(); }  // once

 private:
  struct Body {
    virtual ~Body() = default;
    virtual void Run() = 0;
  };
  template <class F>
  struct Holder final : Body {
    explicit Holder(F c) : call(std::move(c)) {}
    void Run() override { call(); }
    F call;
  };
  std::unique_ptr<Body> body_;
};

}  // namespace engine::transfer
