// The class BitsdJobSettings on top of the engine: one instance for each job,
// with the job's key.
//
// Enumerate answers from snapshots on the caller's thread; what reads or changes
// more than these hold answers on a thread of the engine. Who may come near at
// all: JobAccess::AllowsSettings.
#pragma once

#include "provider/job_access.h"
#include "provider/jobs.h"
#include "provider/roles.h"
#include "wsman/resource.h"

namespace provider {

class BitsdJobSettings : public wsman::ResourceHandler {
 public:
  // `jobs` and `roles` must outlive the handler; the handler may go while
  // answers are outstanding.
  BitsdJobSettings(ViewersSee viewers_see, Jobs& jobs, const Roles& roles)
      : jobs_(jobs), roles_(roles), access_(roles, viewers_see) {}

  const schema::Class& GetClass() const override;
  // Without custom headers, as in an enumeration.
  wsman::Result<schema::Instance> Get(const wsman::Caller& caller,
                                      const wsman::Keys& keys) override;
  // With custom headers where the caller made the job and they are not write-only.
  void Read(const wsman::Caller& caller, const wsman::Keys& keys, const schema::Property* only,
            wsman::Completion<schema::Instance> done) override;
  std::unique_ptr<wsman::InstanceSource> Enumerate(const wsman::Caller& caller) override;
  void Put(const wsman::Caller& caller, const wsman::Keys& keys, wsman::PropertyChanges changes,
           wsman::Completion<schema::Instance> done) override;
  // kActionNotSupported: settings end with their job.
  void Delete(const wsman::Caller& caller, const wsman::Keys& keys,
              wsman::Completion<std::monostate> done) override;
  void Invoke(const wsman::Caller& caller, const wsman::Keys& keys, wsman::MethodCall call,
              wsman::Completion<wsman::MethodResult> done) override;

 private:
  using Done = wsman::Completion<wsman::MethodResult>;

  void AddFileWithRanges(const wsman::Caller& caller, const engine::JobId& id,
                         const wsman::MethodCall& call, Done done);
  void GetReplyData(const engine::JobId& id, const wsman::MethodCall& call, Done done);
  void ChangeFiles(const engine::JobId& id, const wsman::MethodCall& call, Done done);
  wsman::Result<engine::JobSnapshot> Find(const wsman::Caller& caller, wsman::Operation operation,
                                          const wsman::Keys& keys) const;

  Jobs& jobs_;
  const Roles& roles_;
  const JobAccess access_;
};

}  // namespace provider
