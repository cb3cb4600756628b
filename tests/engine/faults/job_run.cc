#include "tests/engine/faults/job_run.h"

#include <stdlib.h>

#include <fstream>
#include <future>
#include <sstream>

namespace engine {
namespace {

constexpr std::chrono::seconds kPatience{30};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

bool Rests(const Job& job) {
  return job.state == JobState::kTransferred || job.state == JobState::kError ||
         job.state == JobState::kTransientError;
}

}  // namespace

JobRunTest::JobRunTest() {
  std::string name = (std::filesystem::temp_directory_path() / "job_run_XXXXXX").string();
  directory_ = mkdtemp(name.data());
  options_.state_directory = directory_ / "state";
  options_.paths.drives["C"] = directory_ / "c";
  for (const char* made : {"state", "c"}) {
    std::filesystem::create_directory(directory_ / made);
    std::filesystem::permissions(directory_ / made, std::filesystem::perms::owner_all);
  }
  options_.transfers.max_connections_per_host = 64;
  options_.retry.quick_tries = 0;
  options_.limits.jobs_per_user = 100'000;
  options_.limits.jobs_per_machine = 100'000;
}

JobRunTest::~JobRunTest() {
  watch_.reset();
  engine_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Engine& JobRunTest::engine() {
  if (engine_) return *engine_;
  Result<std::unique_ptr<Engine>> engine = Engine::Start(options_);
  if (!engine) throw std::runtime_error(engine.error().message);
  engine_ = *std::move(engine);
  watch_ = engine_->Subscribe([this](const JobNotice&) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    changed_.notify_all();
  });
  return *engine_;
}

template <class T>
Result<T> JobRunTest::Await(const std::function<void(Completion<T>)>& run) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  std::future<Result<T>> future = promise->get_future();
  run([promise](Result<T> result) { promise->set_value(std::move(result)); });
  if (future.wait_for(kPatience) != std::future_status::ready)
    return Fail(HResult::kTimeout, "no answer");
  return future.get();
}

JobId JobRunTest::Start(const std::string& url, const std::string& name) {
  NewJob job;
  job.display_name = name;
  job.owner = "S-1-5-20";
  job.file = {url, "C:\\" + name};
  const Result<JobId> id = Await<JobId>(
      [&](Completion<JobId> done) { engine().CreateJob({"alice"}, job, std::move(done)); });
  if (!id) throw std::runtime_error(id.error().message);
  JobChanges changes;
  changes.priority = 0;
  EXPECT_TRUE(Await<JobSnapshot>(
      [&](Completion<JobSnapshot> done) { engine().Change(*id, changes, std::move(done)); }));
  EXPECT_EQ(Call(*id, JobMethod::kResume), HResult::kOk);
  return *id;
}

HResult JobRunTest::Call(const JobId& id, JobMethod method) {
  const Result<HResult> result =
      Await<HResult>([&](Completion<HResult> done) { engine().Call(id, method, std::move(done)); });
  return result ? *result : result.error().code;
}

Job JobRunTest::WaitUntil(const JobId& id, const std::function<bool(const Job&)>& enough) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = changes_;
    lock.unlock();
    const JobSnapshot job = engine().Find(id);
    if (!job) {
      ADD_FAILURE() << "the job is gone";
      return {.id = id};
    }
    if (enough(*job)) return *job;
    lock.lock();
    if (changed_.wait_until(lock, deadline, [&] { return changes_ != seen; })) continue;
    ADD_FAILURE() << "the job stays in state " << NameOf(job->state);
    return *job;
  }
}

Job JobRunTest::WaitForRest(const JobId& id) { return WaitUntil(id, Rests); }

std::string JobRunTest::Complete(const JobId& id, const std::string& name) {
  EXPECT_EQ(Call(id, JobMethod::kComplete), HResult::kOk);
  EXPECT_EQ(engine().Find(id), nullptr);
  return ReadFile(options_.paths.drives["C"] / name);
}

std::string JobRunTest::HeldBytes(const Job& job) const {
  const File& file = job.files[0];
  if (file.bytes_transferred == 0) return {};
  const std::string held = ReadFile(options_.paths.drives.at("C") / file.temporary_name.view());
  EXPECT_GE(held.size(), file.bytes_transferred);
  return held.substr(0, file.bytes_transferred);
}

std::vector<std::string> JobRunTest::NamesOnDrive() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(options_.paths.drives.at("C")))
    names.push_back(entry.path().filename().string());
  return names;
}

int NumberFromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace engine
