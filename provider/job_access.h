// Who may do what with which job: the one place that decides.
#pragma once

#include "engine/job.h"
#include "provider/roles.h"
#include "wsman/action.h"

namespace provider {

// Whose jobs a viewer sees. Operators always see their own, administrators all.
enum class ViewersSee { kAll, kOwn };

// A job is the caller's own when the account that made it has the caller's name
// (Principal::name), whatever scheme either was authenticated by. Immutable and
// copyable; any thread may ask.
class JobAccess {
 public:
  // `roles` must outlive the access and its copies.
  JobAccess(const Roles& roles, ViewersSee viewers_see)
      : roles_(&roles), viewers_see_(viewers_see) {}

  // False is answered as if there were no such job.
  bool Allows(const wsman::auth::Principal& principal, wsman::Operation operation,
              const engine::Job& job) const;

  // Whether a caller may come near the settings of jobs (BitsdJobSettings) at all;
  // Allows decides about each job. They are for programs of the machine itself, as
  // BITS' COM interfaces are: over the network administrators only have them.
  bool AllowsSettings(const wsman::auth::Principal& principal) const;

  // Whether the caller made the job.
  static bool IsCreator(const wsman::auth::Principal& principal, const engine::Job& job) {
    return job.creator == principal.name();
  }

 private:
  const Roles* roles_;
  ViewersSee viewers_see_;
};

}  // namespace provider
