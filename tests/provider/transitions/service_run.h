// A job in any state behind the whole service: envelopes go in, envelopes come
// out, and what is between is the real Dispatcher, provider and queue. Clock,
// transfers and files are the test's.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "provider/bits_client_job.h"
#include "tests/engine/queue_fixture.h"
#include "tests/wsman/service_fixture.h"
#include "wsman/dispatcher.h"

namespace engine {

inline void PrintTo(JobState state, std::ostream* stream) { *stream << NameOf(state); }
inline void PrintTo(JobType type, std::ostream* stream) {
  *stream << "type " << static_cast<unsigned>(type);
}

}  // namespace engine

namespace provider {

// What the job has besides its state.
struct JobShape {
  engine::JobType type = engine::JobType::kDownload;
  std::size_t files = 2;
  std::size_t finished = 0;
};

class ServiceRunTest : public engine::QueueTest {
 protected:
  ServiceRunTest();

  // The one job, brought to this state. A state that no job of this shape can
  // have is a failure of the test.
  engine::JobId MakeJob(engine::JobState state, const JobShape& shape = {});

  // Sends to the job's class and waits; transfers stop when they are told to.
  wsman::http::Reply Send(wsman::Message message);
  wsman::http::Reply Invoke(const std::string& method, const std::string& arguments);
  wsman::http::Reply Put(std::string_view property, const std::string& value);
  // The text of a property in the answer to Get; "gone" after a fault.
  std::string Read(std::string_view property);

  // The ReturnValue; fails for a fault.
  std::uint32_t ReturnValueOf(const wsman::http::Reply& reply);
  // The answer to whatever is asked of a job that is not there.
  void ExpectNoSuchJob(const wsman::http::Reply& reply);

 private:
  class QueueJobs;

  void StopWhatIsTold();

  std::unique_ptr<Jobs> jobs_;
  Roles roles_;
  std::unique_ptr<BitsClientJob> handler_;
  std::unique_ptr<wsman::Dispatcher> dispatcher_;
  std::string selector_;
};

}  // namespace provider
