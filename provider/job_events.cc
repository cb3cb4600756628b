#include "provider/job_events.h"

#include <chrono>
#include <utility>

#include "provider/job_mapping.h"

namespace provider {
namespace {

using wsman::EventKind;

class JobEventWatch : public wsman::EventWatch {
 public:
  explicit JobEventWatch(std::unique_ptr<engine::JobWatch> watch) : watch_(std::move(watch)) {}

 private:
  const std::unique_ptr<engine::JobWatch> watch_;
};

std::function<schema::Instance()> Maker(const engine::JobSnapshot& job) {
  return [job] { return ToInstance(*job); };
}

std::shared_ptr<const wsman::InstanceEvent> ToInstanceEvent(const engine::JobNotice& event,
                                                            const JobAccess& access) {
  auto made = std::make_shared<wsman::InstanceEvent>();
  made->time = std::chrono::system_clock::now();
  if (!event.previous) {
    made->kind = EventKind::kCreation;
  } else if (!event.current) {
    made->kind = EventKind::kDeletion;
  } else {
    made->previous = Maker(event.previous);
  }
  const engine::JobSnapshot& job = event.current ? event.current : event.previous;
  made->target = Maker(job);
  made->is_visible_to = [access, job](const wsman::Caller& caller) {
    return access.Allows(caller.principal, wsman::Operation::kPull, *job);
  };
  return made;
}

}  // namespace

std::unique_ptr<wsman::EventWatch> JobEventSource::Watch(wsman::EventListener listener) {
  return std::make_unique<JobEventWatch>(jobs_.Subscribe(
      [listener = std::move(listener), access = access_](const engine::JobNotice& event) {
        listener(ToInstanceEvent(event, access));
      }));
}

}  // namespace provider
