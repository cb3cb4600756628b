#include "tests/provider/transitions/service_run.h"

#include <future>
#include <thread>

#include "tests/support/principal_for_test.h"

namespace provider {

using engine::Job;
using engine::JobState;
using wsman::Between;

class ServiceRunTest::QueueJobs : public Jobs {
 public:
  explicit QueueJobs(ServiceRunTest& test) : test_(test) {}

  engine::JobSnapshot Find(const engine::JobId& id) const override {
    return test_.index_->Find(id);
  }
  std::vector<engine::JobSnapshot> List(std::uint64_t after, std::size_t most) const override {
    return test_.index_->List(after, most);
  }
  std::unique_ptr<engine::JobWatch> Subscribe(engine::JobListener listener) override {
    return test_.index_->events().Subscribe(std::move(listener));
  }
  void CreateJob(engine::Actor actor, engine::NewJob job,
                 engine::Completion<engine::JobId> done) override {
    test_.queue_->CreateJob(std::move(actor), std::move(job), std::move(done));
  }
  void AddFile(engine::Actor actor, engine::JobId id, engine::FileSpec file,
               engine::Completion<void> done) override {
    test_.queue_->AddFile(std::move(actor), id, std::move(file), std::move(done));
  }
  void Call(engine::JobId id, engine::JobMethod method,
            engine::Completion<engine::HResult> done) override {
    test_.queue_->Call(id, method, std::move(done));
  }
  void Change(engine::JobId id, engine::JobChanges changes,
              engine::Completion<engine::JobSnapshot> done) override {
    test_.queue_->Change(id, std::move(changes), std::move(done));
  }
  void ChangeAccess(engine::JobId id, engine::AccessChange change,
                    engine::Completion<engine::HResult> done) override {
    test_.queue_->ChangeAccess(id, std::move(change), std::move(done));
  }
  void ChangeSettings(engine::JobId id, engine::SettingsChanges changes,
                      engine::Completion<engine::JobSnapshot> done) override {
    test_.queue_->ChangeSettings(id, std::move(changes), std::move(done));
  }
  void ChangeFiles(engine::JobId id, engine::FileChange change,
                   engine::Completion<engine::HResult> done) override {
    test_.queue_->ChangeFiles(id, std::move(change), std::move(done));
  }
  void ReadCustomHeaders(engine::JobId id,
                         engine::Completion<std::optional<engine::SecretText>> done) override {
    test_.queue_->ReadCustomHeaders(id, std::move(done));
  }
  void ReadReply(engine::JobId id, std::uint64_t offset,
                 engine::Completion<std::string> done) override {
    test_.queue_->ReadReply(id, offset, std::move(done));
  }

 private:
  ServiceRunTest& test_;
};

namespace {

class PromisedReply : public wsman::http::Responder {
 public:
  void Send(wsman::http::Reply reply) override { promise_.set_value(std::move(reply)); }
  void SetDeadline(std::chrono::steady_clock::time_point,
                   std::function<wsman::http::Reply()>) override {}
  std::future<wsman::http::Reply> Future() { return promise_.get_future(); }

 private:
  std::promise<wsman::http::Reply> promise_;
};

engine::File FileNumber(std::size_t number, bool finished) {
  engine::File file;
  file.remote_url = "http://server/" + std::to_string(number);
  file.local_name = "C:\\data\\" + std::to_string(number);
  file.temporary_name = "BIT" + std::to_string(number) + ".tmp";
  if (!finished) return file;
  file.bytes_total = 100;
  file.bytes_transferred = 100;
  file.transferred = true;
  return file;
}

// As the store would hold it. A running job is a waiting one in the store.
void Shape(Job& job, JobState state, const JobShape& shape) {
  job.state = HoldsSlot(state) ? JobState::kQueued : state;
  job.priority = HoldsSlot(state) ? engine::Priority::kForeground : engine::Priority::kNormal;
  job.type = shape.type;
  job.files = {};
  for (std::size_t i = 0; i < shape.files; ++i) job.files.Add(FileNumber(i, i < shape.finished));
  if (state == JobState::kError || state == JobState::kTransientError) {
    job.error = std::make_shared<const engine::JobError>(engine::JobError{
        engine::HttpError(404), engine::ErrorContext::kRemoteFile, 0, "not found"});
  }
}

}  // namespace

ServiceRunTest::ServiceRunTest()
    : roles_(RoleEntries{{{RoleEntry::Kind::kUser, "alice"}}, {}, {}}) {
  jobs_ = std::make_unique<QueueJobs>(*this);
  handler_ = std::make_unique<BitsClientJob>(BitsClientJob::Options{}, *jobs_, roles_);
  dispatcher_ = std::make_unique<wsman::Dispatcher>(
      wsman::DispatcherOptions{}, roles_, std::vector<wsman::ResourceHandler*>{handler_.get()});
}

engine::JobId ServiceRunTest::MakeJob(JobState state, const JobShape& shape) {
  const engine::JobId id = Create("job");
  StopQueue();
  std::vector<Job> stored = store_.Jobs();
  Shape(stored.at(0), state, shape);
  store_.Replace(stored);
  options_.transfers.max_background = 0;  // a background job stays in the queue
  StartQueue();
  if (HoldsSlot(state)) {
    const engine::transfer::TransferId running = shape.type == engine::JobType::kDownload
                                                     ? transfers_->TakeStart().id
                                                     : transfers_->TakeUpload().id;
    if (state == JobState::kTransferring) Report(engine::transfer::Connected{running, At(0)});
  }
  EXPECT_EQ(NameOf(StateOf(id)), NameOf(state));
  selector_ = wsman::SelectorXml("JobId", id.ToString());
  return id;
}

void ServiceRunTest::StopWhatIsTold() {
  while (transfers_->stops() > 0) {
    const engine::transfer::TransferId id = transfers_->TakeStop();
    transfers_->Report(engine::transfer::Stopped{id, At(0)});
  }
}

wsman::http::Reply ServiceRunTest::Send(wsman::Message message) {
  message.uri = wsman::kJobUri;
  message.selectors = selector_;
  const auto responder = std::make_shared<PromisedReply>();
  std::future<wsman::http::Reply> reply = responder->Future();
  dispatcher_->Handle(wsman::auth::PrincipalForTest::Make("alice"),
                      {"application/soap+xml;charset=UTF-8", message.Text()}, responder);
  const auto deadline = std::chrono::steady_clock::now() + engine::kPatience;
  while (reply.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    StopWhatIsTold();
    if (std::chrono::steady_clock::now() < deadline) continue;
    ADD_FAILURE() << "no answer";
    return {};
  }
  return reply.get();
}

wsman::http::Reply ServiceRunTest::Invoke(const std::string& method, const std::string& arguments) {
  const std::string uri(wsman::kJobUri);
  wsman::Message message;
  message.action = uri + "/" + method;
  message.body =
      "<p:" + method + "_INPUT xmlns:p=\"" + uri + "\">" + arguments + "</p:" + method + "_INPUT>";
  return Send(std::move(message));
}

wsman::http::Reply ServiceRunTest::Put(std::string_view property, const std::string& value) {
  const std::string name(property);
  wsman::Message message = wsman::Transfer("Put");
  message.body = "<p:BitsClientJob xmlns:p=\"" + std::string(wsman::kJobUri) + "\"><p:" + name +
                 ">" + value + "</p:" + name + "></p:BitsClientJob>";
  return Send(std::move(message));
}

std::string ServiceRunTest::Read(std::string_view property) {
  Settle();
  StopWhatIsTold();
  Settle();
  const wsman::http::Reply reply = Send(wsman::Transfer("Get"));
  if (reply.status != 200) {
    ExpectNoSuchJob(reply);
    return "gone";
  }
  const std::string text = Between(reply.body, ":" + std::string(property), "</");
  return text.substr(text.find('>') + 1);
}

std::uint32_t ServiceRunTest::ReturnValueOf(const wsman::http::Reply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.body;
  const std::string text = Between(reply.body, ":ReturnValue>", "<");
  EXPECT_NE(text, "") << reply.body;
  return text.empty() ? ~0u : static_cast<std::uint32_t>(std::stoul(text));
}

void ServiceRunTest::ExpectNoSuchJob(const wsman::http::Reply& reply) {
  EXPECT_EQ(reply.status, 500) << reply.body;
  EXPECT_EQ(Between(reply.body, "<s:Subcode><s:Value>", "<"), "a:DestinationUnreachable");
  EXPECT_THAT(reply.body, testing::HasSubstr("Code=\"2150858752\""));
}

}  // namespace provider
