// The faults of servers and what a job must make of each.
#pragma once

#include <functional>
#include <ostream>
#include <vector>

#include "engine/job.h"
#include "tests/support/origin_server.h"

namespace engine {

inline constexpr std::size_t kFaultFileBytes = 200'000;

// Versions of one file. The new one has another ETag, date and content and the
// same length; the longer one differs from the old in content and length alone.
const support::OriginFile& OldFile();
const support::OriginFile& NewFile();
const support::OriginFile& LongerFile();

// kTransferred says that the bytes must be right; code and context are then
// without meaning.
struct FaultEnd {
  JobState state = JobState::kTransferred;
  HResult code = HResult::kOk;
  ErrorContext context = ErrorContext::kNone;
};

struct ServerFault {
  const char* name;
  support::OriginHandler answer;  // to every request for the file
  FaultEnd fresh;
  FaultEnd resumed;                                  // half of the file is here
  const support::OriginFile& (*after)() = &OldFile;  // what the server has from the fault on
  // What the server told of the file when it sent the half; empty: everything.
  std::function<support::OriginFile(support::OriginFile)> before{};
};
void PrintTo(const ServerFault& fault, std::ostream* stream);

std::vector<ServerFault> ServerFaults();

}  // namespace engine
