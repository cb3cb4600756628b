// From errno to the errors that BITS shows for local files.
#pragma once

#include <string>

#include "engine/error.h"

namespace engine::transfer {

// `what` says which call on which file failed.
Error LocalError(int error_number, const std::string& what);
tl::unexpected<Error> LocalFailure(int error_number, const std::string& what);

// Whether a local error can pass without the client's help: a full disk can,
// a missing permission cannot.
bool IsRecoverableLocally(HResult code);

}  // namespace engine::transfer
