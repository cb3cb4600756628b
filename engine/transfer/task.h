// A move-only void() callable, for closures that own buffers (std::function
// wants copies).
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace engine::transfer {

class Task {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Task>) explicit Task(F&& call)
      : body_(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(call))) {}

  void Run() { body_->Run(); }  // once

 private:
  struct Body {
    virtual ~Body() = default;
    virtual void Run() = 0;
  };
  template <class F>
  struct Holder final : Body {
    template <class G>
    explicit Holder(G&& g) : call(std::forward<G>(g)) {}
    void Run() override { call(); }
    F call;
  };
  std::unique_ptr<Body> body_;
};

}  // namespace engine::transfer
