#include "provider/job_access.h"

namespace provider {

bool JobAccess::Allows(const wsman::auth::Principal& principal, wsman::Operation operation,
                       const engine::Job& job) const {
  if (!roles_->Allows(principal, operation)) return false;
  if (job.creator == principal.name()) return true;
  const std::optional<Role> role = roles_->RoleOf(principal);
  if (role == Role::kViewer) return viewers_see_ == ViewersSee::kAll;
  return role == Role::kAdministrator;
}

}  // namespace provider
