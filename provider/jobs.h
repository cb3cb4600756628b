// The jobs as the provider needs them: the engine, or a stand-in for it in
// tests. Effects, errors and threads are those of engine/engine.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace provider {

class Jobs {
 public:
  virtual ~Jobs() = default;

  virtual engine::JobSnapshot Find(const engine::JobId& id) const = 0;
  virtual std::vector<engine::JobSnapshot> List(std::uint64_t after, std::size_t most) const = 0;
  virtual std::unique_ptr<engine::JobWatch> Subscribe(engine::JobListener listener) = 0;
  virtual void CreateJob(engine::Actor actor, engine::NewJob job,
                         engine::Completion<engine::JobId> done) = 0;
  virtual void AddFile(engine::Actor actor, engine::JobId id, engine::FileSpec file,
                       engine::Completion<void> done) = 0;
  virtual void Call(engine::JobId id, engine::JobMethod method,
                    engine::Completion<engine::HResult> done) = 0;
  virtual void Change(engine::JobId id, engine::JobChanges changes,
                      engine::Completion<engine::JobSnapshot> done) = 0;
  virtual void ChangeAccess(engine::JobId id, engine::AccessChange change,
                            engine::Completion<engine::HResult> done) = 0;
  virtual void ChangeSettings(engine::JobId id, engine::SettingsChanges changes,
                              engine::Completion<engine::JobSnapshot> done) = 0;
  virtual void ChangeFiles(engine::JobId id, engine::FileChange change,
                           engine::Completion<engine::HResult> done) = 0;
  virtual void ReadCustomHeaders(engine::JobId id,
                                 engine::Completion<std::optional<engine::SecretText>> done) = 0;
  virtual void ReadReply(engine::JobId id, std::uint64_t offset,
                         engine::Completion<std::string> done) = 0;
};

// The real one. The engine must outlive it.
class EngineJobs : public Jobs {
 public:
  explicit EngineJobs(engine::Engine& engine) : engine_(engine) {}

  engine::JobSnapshot Find(const engine::JobId& id) const override { return engine_.Find(id); }
  std::vector<engine::JobSnapshot> List(std::uint64_t after, std::size_t most) const override {
    return engine_.List(after, most);
  }
  std::unique_ptr<engine::JobWatch> Subscribe(engine::JobListener listener) override {
    return engine_.Subscribe(std::move(listener));
  }
  void CreateJob(engine::Actor actor, engine::NewJob job,
                 engine::Completion<engine::JobId> done) override {
    engine_.CreateJob(std::move(actor), std::move(job), std::move(done));
  }
  void AddFile(engine::Actor actor, engine::JobId id, engine::FileSpec file,
               engine::Completion<void> done) override {
    engine_.AddFile(std::move(actor), id, std::move(file), std::move(done));
  }
  void Call(engine::JobId id, engine::JobMethod method,
            engine::Completion<engine::HResult> done) override {
    engine_.Call(id, method, std::move(done));
  }
  void Change(engine::JobId id, engine::JobChanges changes,
              engine::Completion<engine::JobSnapshot> done) override {
    engine_.Change(id, std::move(changes), std::move(done));
  }
  void ChangeAccess(engine::JobId id, engine::AccessChange change,
                    engine::Completion<engine::HResult> done) override {
    engine_.ChangeAccess(id, std::move(change), std::move(done));
  }
  void ChangeSettings(engine::JobId id, engine::SettingsChanges changes,
                      engine::Completion<engine::JobSnapshot> done) override {
    engine_.ChangeSettings(id, std::move(changes), std::move(done));
  }
  void ChangeFiles(engine::JobId id, engine::FileChange change,
                   engine::Completion<engine::HResult> done) override {
    engine_.ChangeFiles(id, std::move(change), std::move(done));
  }
  void ReadCustomHeaders(engine::JobId id,
                         engine::Completion<std::optional<engine::SecretText>> done) override {
    engine_.ReadCustomHeaders(id, std::move(done));
  }
  void ReadReply(engine::JobId id, std::uint64_t offset,
                 engine::Completion<std::string> done) override {
    engine_.ReadReply(id, offset, std::move(done));
  }

 private:
  engine::Engine& engine_;
};

}  // namespace provider
