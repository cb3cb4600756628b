#include "provider/job_access.h"

namespace provider {

bool JobAccess::Allows(const wsman::auth::Principal& principal, wsman::Operation operation,
                       const engine::Job& job) const {
  if (!roles_->Allows(principal, operation)) return false;
  if (IsCreator(principal, job)) return true;
  const std::optional<Role> role = roles_->RoleOf(principal);
  if (role == Role::kViewer) return viewers_see_ == ViewersSee::kAll;
  return role == Role::kAdministrator;
}

bool JobAccess::AllowsSettings(const wsman::auth::Principal& principal) const {
  const std::optional<Role> role = roles_->RoleOf(principal);
  return role == Role::kAdministrator || (role && principal.is_local());
}

}  // namespace provider
