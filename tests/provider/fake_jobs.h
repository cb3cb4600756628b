// Jobs from a list, answers from a script, and a record of what was asked.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "provider/jobs.h"

namespace provider {

class FakeJobs : public Jobs {
 public:
  engine::JobSnapshot Find(const engine::JobId& id) const override {
    for (const engine::JobSnapshot& job : jobs) {
      if (job->id == id) return job;
    }
    return nullptr;
  }
  std::vector<engine::JobSnapshot> List(std::uint64_t after, std::size_t most) const override {
    std::vector<engine::JobSnapshot> page;
    for (const engine::JobSnapshot& job : jobs) {
      if (job->sequence > after && page.size() < most) page.push_back(job);
    }
    return page;
  }

  std::unique_ptr<engine::JobWatch> Subscribe(engine::JobListener listener) override {
    return events.Subscribe(std::move(listener));
  }

  void CreateJob(engine::Actor actor, engine::NewJob job,
                 engine::Completion<engine::JobId> done) override {
    actors.push_back(std::move(actor));
    created.push_back(std::move(job));
    done(create_answer);
  }
  void AddFile(engine::Actor actor, engine::JobId, engine::FileSpec file,
               engine::Completion<void> done) override {
    actors.push_back(std::move(actor));
    added.push_back(std::move(file));
    done(add_answer);
  }
  void Call(engine::JobId, engine::JobMethod method,
            engine::Completion<engine::HResult> done) override {
    called.push_back(method);
    done(call_answer);
  }
  void Change(engine::JobId id, engine::JobChanges job_changes,
              engine::Completion<engine::JobSnapshot> done) override {
    changes.push_back(std::move(job_changes));
    if (change_error) return done(tl::unexpected(*change_error));
    done(changed ? changed : Find(id));
  }

  void ChangeAccess(engine::JobId, engine::AccessChange change,
                    engine::Completion<engine::HResult> done) override {
    access_changes.push_back(std::move(change));
    done(access_answer);
  }
  void ChangeSettings(engine::JobId id, engine::SettingsChanges settings,
                      engine::Completion<engine::JobSnapshot> done) override {
    settings_changes.push_back(std::move(settings));
    if (change_error) return done(tl::unexpected(*change_error));
    done(changed ? changed : Find(id));
  }
  void ChangeFiles(engine::JobId, engine::FileChange change,
                   engine::Completion<engine::HResult> done) override {
    file_changes.push_back(std::move(change));
    done(files_answer);
  }
  void ReadCustomHeaders(engine::JobId,
                         engine::Completion<std::optional<engine::SecretText>> done) override {
    ++headers_read;
    done(headers_answer);
  }
  void ReadReply(engine::JobId, std::uint64_t offset,
                 engine::Completion<std::string> done) override {
    reply_offsets.push_back(offset);
    done(reply_answer);
  }

  std::vector<engine::JobSnapshot> jobs;
  engine::JobEvents events;
  engine::Result<engine::JobId> create_answer =
      *engine::JobId::Parse("{11111111-2222-3333-4444-555555555555}");
  engine::Status add_answer;
  engine::Result<engine::HResult> call_answer = engine::HResult::kOk;
  std::optional<engine::Error> change_error;
  engine::Result<engine::HResult> access_answer = engine::HResult::kOk;
  engine::Result<engine::HResult> files_answer = engine::HResult::kOk;
  engine::Result<std::optional<engine::SecretText>> headers_answer;
  engine::Result<std::string> reply_answer;
  engine::JobSnapshot changed;  // the answer of Change; the job of the list when empty

  std::vector<engine::Actor> actors;
  std::vector<engine::NewJob> created;
  std::vector<engine::FileSpec> added;
  std::vector<engine::JobMethod> called;
  std::vector<engine::JobChanges> changes;
  std::vector<engine::AccessChange> access_changes;
  std::vector<engine::SettingsChanges> settings_changes;
  std::vector<engine::FileChange> file_changes;
  std::vector<std::uint64_t> reply_offsets;
  int headers_read = 0;
};

}  // namespace provider
