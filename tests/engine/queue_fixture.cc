#include "queue_fixture.h"

namespace engine {
namespace {

class FakeStore : public store::JobStore {
 public:
  explicit FakeStore(StoreContents& contents) : contents_(contents) {}
  Result<std::vector<Job>> LoadAll() override { return contents_.Jobs(); }
  Status Apply(std::span<const store::Change> changes) override { return contents_.Apply(changes); }

 private:
  StoreContents& contents_;
};

constexpr int kRounds = 6;  // longer than any chain from thread to thread

}  // namespace

Status StoreContents::Apply(std::span<const store::Change> changes) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(released_.wait_for(lock, kPatience, [this] { return !hold_; }));
  if (changes.empty()) return {};
  if (full_) return Fail(HResult::kDiskFull, "no room");
  ++commits_;
  for (const store::Change& change : changes) {
    if (const auto* put = std::get_if<store::PutJob>(&change)) {
      Job row = *put->job;
      const auto old = jobs_.find(row.id);
      row.files = old == jobs_.end() ? FileList{} : old->second.files;
      row.access = old == jobs_.end() ? nullptr : old->second.access;
      row.settings = old == jobs_.end() ? nullptr : old->second.settings;
      row.upload = old == jobs_.end() ? nullptr : old->second.upload;
      jobs_.insert_or_assign(row.id, std::move(row));
    } else if (const auto* file = std::get_if<store::PutFile>(&change)) {
      FileList& files = jobs_.at(file->job).files;
      while (files.size() <= file->index) files.Add({});
      files.Replace(file->index, file->file);
    } else if (const auto* access = std::get_if<store::PutAccess>(&change)) {
      jobs_.at(access->job).access = access->access;
    } else if (const auto* settings = std::get_if<store::PutSettings>(&change)) {
      jobs_.at(settings->job).settings = settings->settings;
    } else if (const auto* upload = std::get_if<store::PutUpload>(&change)) {
      jobs_.at(upload->job).upload = upload->upload;
    } else {
      jobs_.erase(std::get<store::DeleteJob>(change).job);
    }
  }
  return {};
}

std::vector<Job> StoreContents::Jobs() const {
  const std::lock_guard lock(mutex_);
  std::vector<Job> jobs;
  for (const auto& [id, job] : jobs_) jobs.push_back(job);
  std::sort(jobs.begin(), jobs.end(),
            [](const Job& a, const Job& b) { return a.sequence < b.sequence; });
  return jobs;
}

std::optional<Job> StoreContents::Find(const JobId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  return found->second;
}

std::size_t StoreContents::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

void StoreContents::SetFull(bool full) {
  const std::lock_guard lock(mutex_);
  full_ = full;
}

void StoreContents::Hold(bool hold) {
  const std::lock_guard lock(mutex_);
  hold_ = hold;
  released_.notify_all();
}

void StoreContents::Replace(const std::vector<Job>& jobs) {
  const std::lock_guard lock(mutex_);
  jobs_.clear();
  for (const Job& job : jobs) jobs_.emplace(job.id, job);
}

void FakeTransfers::Start(transfer::Download download) {
  const std::lock_guard lock(mutex_);
  running_[download.id] = download.resume;
  starts_.push_back(std::move(download));
  changed_.notify_all();
}

void FakeTransfers::Start(transfer::Upload upload) {
  const std::lock_guard lock(mutex_);
  running_[upload.id] = {upload.resume.offset, upload.resume.session.source.size, {}};
  uploads_.push_back(std::move(upload));
  changed_.notify_all();
}

void FakeTransfers::Cancel(transfer::CancelSession cancel) {
  const std::lock_guard lock(mutex_);
  cancels_.push_back(std::move(cancel));
  changed_.notify_all();
}

void FakeTransfers::GoOn(transfer::TransferId id) {
  const std::lock_guard lock(mutex_);
  gone_on_.push_back(id);
}

void FakeTransfers::Stop(transfer::TransferId id) {
  const std::lock_guard lock(mutex_);
  stops_.push_back(id);
  changed_.notify_all();
}

void FakeTransfers::Probe(transfer::TransferId id, std::string, transfer::ReachPointer) {
  const std::lock_guard lock(mutex_);
  probes_.push_back(id);
}

void FakeTransfers::Shutdown() {
  std::map<transfer::TransferId, transfer::FileState> running;
  {
    const std::lock_guard lock(mutex_);
    running.swap(running_);
  }
  for (const auto& [id, state] : running) sink_(transfer::Stopped{id, state});
}

void FakeTransfers::Report(transfer::Event event) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto* finished = std::get_if<transfer::Finished>(&event))
      running_.erase(finished->id);
    if (const auto* stopped = std::get_if<transfer::Stopped>(&event)) running_.erase(stopped->id);
    if (const auto* failed = std::get_if<transfer::Failed>(&event)) running_.erase(failed->id);
    if (const auto* anew = std::get_if<transfer::Restarted>(&event)) running_.erase(anew->id);
  }
  sink_(std::move(event));
}

transfer::Download FakeTransfers::TakeStart() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !starts_.empty(); })) {
    ADD_FAILURE() << "no transfer was started";
    return {.id = {JobId::Random()}, .url = "", .target = {}, .temporary_name = "", .resume = {}};
  }
  transfer::Download download = std::move(starts_.front());
  starts_.pop_front();
  return download;
}

transfer::Upload FakeTransfers::TakeUpload() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !uploads_.empty(); })) {
    ADD_FAILURE() << "no upload was started";
    return {.id = {JobId::Random()}, .url = "", .source = {}};
  }
  transfer::Upload upload = std::move(uploads_.front());
  uploads_.pop_front();
  return upload;
}

transfer::CancelSession FakeTransfers::TakeCancel() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !cancels_.empty(); })) {
    ADD_FAILURE() << "no session was cancelled";
    return {.id = {JobId::Random()}, .url = "", .session = {}};
  }
  transfer::CancelSession cancel = std::move(cancels_.front());
  cancels_.pop_front();
  return cancel;
}

transfer::TransferId FakeTransfers::TakeStop() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !stops_.empty(); })) {
    ADD_FAILURE() << "no transfer was stopped";
    return {JobId::Random()};
  }
  const transfer::TransferId id = stops_.front();
  stops_.pop_front();
  return id;
}

std::size_t FakeTransfers::starts() const {
  const std::lock_guard lock(mutex_);
  return starts_.size();
}

std::size_t FakeTransfers::uploads() const {
  const std::lock_guard lock(mutex_);
  return uploads_.size();
}

std::size_t FakeTransfers::cancels() const {
  const std::lock_guard lock(mutex_);
  return cancels_.size();
}

std::size_t FakeTransfers::stops() const {
  const std::lock_guard lock(mutex_);
  return stops_.size();
}

std::vector<transfer::TransferId> FakeTransfers::probes() const {
  const std::lock_guard lock(mutex_);
  return probes_;
}

std::vector<transfer::TransferId> FakeTransfers::gone_on() const {
  const std::lock_guard lock(mutex_);
  return gone_on_;
}

void FakeFiles::CheckTarget(LocalTarget, std::function<void(Status)> done) {
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    error = target_error_;
  }
  Answer(
      [done = std::move(done), error] { done(error ? Status(tl::unexpected(*error)) : Status()); });
}

void FakeFiles::CheckSource(LocalTarget, std::optional<SourceReader>,
                            std::function<void(Result<SourceVersion>)> done) {
  Result<SourceVersion> source;
  {
    const std::lock_guard lock(mutex_);
    source = source_;
  }
  Answer([done = std::move(done), source = std::move(source)] { done(source); });
}

void FakeFiles::SetSource(Result<SourceVersion> source) {
  const std::lock_guard lock(mutex_);
  source_ = std::move(source);
}

void FakeFiles::Finish(std::vector<transfer::FileWork> files,
                       std::function<void(std::vector<Status>)> done) {
  std::vector<Status> statuses;
  {
    const std::lock_guard lock(mutex_);
    for (const transfer::FileWork& file : files) {
      work_.push_back(file);
      const auto error = work_errors_.find(file.target.name);
      statuses.push_back(error == work_errors_.end() ? Status()
                                                     : Status(tl::unexpected(error->second)));
    }
  }
  Answer([done = std::move(done), statuses] { done(statuses); });
}

void FakeFiles::Run(std::function<void()> work) { Answer(std::move(work)); }

void FakeFiles::Answer(std::function<void()> answer) {
  {
    const std::lock_guard lock(mutex_);
    if (hold_) {
      held_.push_back(std::move(answer));
      return;
    }
  }
  answer();
}

void FakeFiles::Hold() {
  const std::lock_guard lock(mutex_);
  hold_ = true;
}

void FakeFiles::Release() {
  std::vector<std::function<void()>> held;
  {
    const std::lock_guard lock(mutex_);
    hold_ = false;
    held.swap(held_);
  }
  for (const auto& answer : held) answer();
}

std::size_t FakeFiles::held() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

void FakeFiles::FailTargets(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  target_error_ = std::move(error);
}

void FakeFiles::FailWork(const std::string& name, std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  work_errors_.erase(name);
  if (error) work_errors_.emplace(name, *error);
}

std::vector<transfer::FileWork> FakeFiles::work() const {
  const std::lock_guard lock(mutex_);
  return work_;
}

QueueTest::QueueTest() {
  options_.paths.drives["C"] = "/srv/c";
  key_file_ = testing::TempDir() + JobId::Random().ToString() + ".key";
  StartQueue();
}

QueueTest::~QueueTest() {
  StopQueue();
  std::filesystem::remove(key_file_);
}

void QueueTest::StartQueue() {
  index_ = std::make_unique<JobIndex>();
  writer_ = std::make_unique<store::Writer>(std::make_unique<FakeStore>(store_),
                                            [](const Error&) { ADD_FAILURE() << "fatal"; });
  secrets_ = std::make_unique<store::Secrets>(key_file_);
  queue_ = std::make_unique<Queue>(
      QueueDependencies{options_, *index_, *writer_, files_, *secrets_, clock_}, store_.Jobs());
  transfers_ = std::make_unique<FakeTransfers>(
      [this](transfer::Event event) { queue_->OnTransferEvent(std::move(event)); });
  queue_->Start(*transfers_);
}

void QueueTest::StopQueue() {
  if (queue_) queue_->Stop();
  queue_.reset();
  writer_.reset();
}

void QueueTest::Restart() {
  StopQueue();
  StartQueue();
}

void QueueTest::CrashAndRestart() {
  const std::vector<Job> on_disk = store_.Jobs();
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
}

NewJob QueueTest::Spec(const std::string& name, bool start) {
  NewJob job;
  job.display_name = name;
  job.description = "about " + name;
  job.owner = "S-1-5-20";
  job.file = {"http://server/" + name, "C:\\data\\" + name};
  job.start = start;
  return job;
}

Result<JobId> QueueTest::TryCreate(NewJob spec, Actor actor) {
  return Await<JobId>(
      [&](Completion<JobId> done) { queue_->CreateJob(actor, spec, std::move(done)); });
}

JobId QueueTest::Create(const std::string& name, bool start) {
  const Result<JobId> id = TryCreate(Spec(name, start));
  EXPECT_TRUE(id) << id.error().message;
  return id.value_or(JobId::Random());
}

Status QueueTest::AddFile(const JobId& id, const std::string& name, Actor actor) {
  return Await<void>([&](Completion<void> done) {
    queue_->AddFile(actor, id, {"http://server/" + name, "C:\\data\\" + name}, std::move(done));
  });
}

Result<HResult> QueueTest::Call(const JobId& id, JobMethod method) {
  return Await<HResult>(
      [&](Completion<HResult> done) { queue_->Call(id, method, std::move(done)); });
}

std::future<Result<HResult>> QueueTest::BeginCall(const JobId& id, JobMethod method) {
  auto promise = std::make_shared<std::promise<Result<HResult>>>();
  std::future<Result<HResult>> future = promise->get_future();
  queue_->Call(id, method, [promise](Result<HResult> result) { promise->set_value(result); });
  return future;
}

Result<HResult> QueueTest::ChangeAccess(const JobId& id, AccessChange change) {
  return Await<HResult>(
      [&](auto done) { queue_->ChangeAccess(id, std::move(change), std::move(done)); });
}

Result<JobSnapshot> QueueTest::Change(const JobId& id, JobChanges changes) {
  return Await<JobSnapshot>(
      [&](Completion<JobSnapshot> done) { queue_->Change(id, changes, std::move(done)); });
}

Job QueueTest::Get(const JobId& id) {
  Settle();
  const JobSnapshot job = index_->Find(id);
  if (job) return *job;
  ADD_FAILURE() << "no such job";
  return {.id = id};
}

void QueueTest::Settle() {
  for (int round = 0; round < kRounds; ++round) {
    std::promise<void> committed;
    writer_->Submit({}, [&committed](const Status&) { committed.set_value(); });
    committed.get_future().wait();
    EXPECT_FALSE(Call(JobId::Random(), JobMethod::kResume));
  }
}

void QueueTest::SettleEngine() {
  for (int round = 0; round < kRounds; ++round)
    EXPECT_FALSE(Call(JobId::Random(), JobMethod::kResume));
}

void QueueTest::Advance(std::chrono::milliseconds by) {
  Settle();
  clock_.Advance(by);
  queue_->Wake();
  Settle();
}

transfer::FileState QueueTest::At(std::uint64_t offset, std::uint64_t total) {
  return {offset, total, {"\"v1\"", "Sun, 06 Nov 1994 08:49:37 GMT"}};
}

void QueueTest::Report(transfer::Event event) {
  transfers_->Report(std::move(event));
  Settle();
}

transfer::Download QueueTest::Connect(std::uint64_t total) {
  transfer::Download download = transfers_->TakeStart();
  Report(transfer::Connected{download.id, At(download.resume.offset, total)});
  return download;
}

void QueueTest::Finish(const transfer::Download& download, std::uint64_t total) {
  Report(transfer::Finished{download.id, At(total, total)});
}

void QueueTest::FailTransfer(const transfer::Download& download, bool recoverable) {
  const Error error{HResult::kCannotConnect, ErrorContext::kGeneralTransport, "refused"};
  Report(transfer::Failed{download.id, download.resume, error, recoverable, std::nullopt});
}

JobId QueueTest::CreateTransferred(const std::string& name) {
  const JobId id = Create(name, /*start=*/true);
  Finish(Connect());
  EXPECT_EQ(StateOf(id), JobState::kTransferred);
  return id;
}

}  // namespace engine
