// The class BitsClientJob on top of the engine: what each property reads
// (job_mapping.h) and what each method does.
//
// Get, Enumerate and GetError answer from snapshots on the caller's thread;
// Put, Delete and the other methods answer on a thread of the engine, once the
// change is on disk.
#pragma once

#include "provider/job_access.h"
#include "provider/job_events.h"
#include "provider/jobs.h"
#include "provider/roles.h"
#include "wsman/resource.h"

namespace provider {

class BitsClientJob : public wsman::ResourceHandler {
 public:
  struct Options {
    bool start_on_create = false;  // what CreateJob without Suspend does
    ViewersSee viewers_see = ViewersSee::kOwn;
  };

  // `jobs` and `roles` must outlive the handler; the handler may go while
  // answers are outstanding.
  BitsClientJob(Options options, Jobs& jobs, const Roles& roles)
      : options_(options),
        jobs_(jobs),
        roles_(roles),
        access_(roles, options.viewers_see),
        events_(jobs, access_) {}

  const schema::Class& GetClass() const override;
  wsman::Result<schema::Instance> Get(const wsman::Caller& caller,
                                      const wsman::Keys& keys) override;
  void Read(const wsman::Caller& caller, const wsman::Keys& keys, const schema::Property* only,
            wsman::Completion<schema::Instance> done) override;
  std::unique_ptr<wsman::InstanceSource> Enumerate(const wsman::Caller& caller) override;
  void Put(const wsman::Caller& caller, const wsman::Keys& keys, wsman::PropertyChanges changes,
           wsman::Completion<schema::Instance> done) override;
  // Cancels the job.
  void Delete(const wsman::Caller& caller, const wsman::Keys& keys,
              wsman::Completion<std::monostate> done) override;
  void Invoke(const wsman::Caller& caller, const wsman::Keys& keys, wsman::MethodCall call,
              wsman::Completion<wsman::MethodResult> done) override;
  wsman::EventSource* Events() override { return &events_; }

 private:
  using Done = wsman::Completion<wsman::MethodResult>;
  struct MethodRow;
  static const MethodRow* FindRow(const schema::Method& method);

  void CreateJob(const wsman::Caller& caller, const wsman::Keys& keys,
                 const wsman::MethodCall& call, Done done);
  void AddFile(const wsman::Caller& caller, const wsman::Keys& keys, const wsman::MethodCall& call,
               Done done);
  void SetJobState(const wsman::Caller& caller, const wsman::Keys& keys,
                   const wsman::MethodCall& call, Done done);
  void GetError(const wsman::Caller& caller, const wsman::Keys& keys, const wsman::MethodCall& call,
                Done done);
  // The six methods of access_arguments.h.
  void ChangeAccess(const wsman::Caller& caller, const wsman::Keys& keys,
                    const wsman::MethodCall& call, Done done);

  // The addressed job when the caller may do that with it; otherwise as if there
  // were none.
  wsman::Result<engine::JobSnapshot> Find(const wsman::Caller& caller, wsman::Operation operation,
                                          const wsman::Keys& keys) const;
  engine::Actor ActorOf(const wsman::Caller& caller) const;

  const Options options_;
  Jobs& jobs_;
  const Roles& roles_;
  const JobAccess access_;
  JobEventSource events_;
};

}  // namespace provider
