// What the queue answers to calls that come too late. Private to the queue.
#pragma once

#include "engine/error.h"
#include "engine/job.h"

namespace engine {

inline Error StoppedError() {
  return {HResult::kUnexpected, ErrorContext::kNone, "The service is stopping. Try again later."};
}

inline Error NoSuchJob(const JobId& id) {
  return {HResult::kNotFound, ErrorContext::kNone,
          "There is no job " + id.ToString() + ". It may have been completed or cancelled."};
}

inline Error JobIsEnding(const JobId& id) {
  return {HResult::kInvalidState, ErrorContext::kNone,
          "Job " + id.ToString() + " is being completed or cancelled and takes no changes."};
}

}  // namespace engine
