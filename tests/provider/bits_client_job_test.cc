#include "provider/bits_client_job.h"

#include <gmock/gmock.h>

#include "provider/job_mapping.h"
#include "provider/job_source.h"
#include "tests/provider/bits_client_job_fixture.h"

namespace provider {
namespace {

using testing::HasSubstr;
using testing::Not;
using wsman::FaultCode;

TEST_F(BitsClientJobTest, GetReadsTheJobOfTheSelector) {
  const auto job = handler_.Get(caller_, {{"JobId", kJobId}});
  ASSERT_TRUE(job);
  EXPECT_EQ(std::get<std::string>(schema::ValueOf(*job, "JobId")), kJobId);
}

TEST_F(BitsClientJobTest, TheSelectorMayBeLowerCaseAndWithoutBraces) {
  EXPECT_TRUE(handler_.Get(caller_, {{"JobId", "327c1e84-abc3-475d-a5d3-e7ed09806523"}}));
}

TEST_F(BitsClientJobTest, ASelectorThatIsNotAGuidIsInvalid) {
  for (const char* text :
       {"", "1", "{327C1E84}", "System.Xml.XmlElement", "{327C1E84-ABC3-475D-A5D3-E7ED0980652}"}) {
    const wsman::Keys keys = {{"JobId", text}};
    EXPECT_EQ(handler_.Get(caller_, keys).error().code, FaultCode::kSelectorInvalidValue) << text;
    EXPECT_EQ(Put({}, keys).error().code, FaultCode::kSelectorInvalidValue);
    EXPECT_EQ(Delete(keys).error().code, FaultCode::kSelectorInvalidValue);
    EXPECT_EQ(Invoke("SetJobState", {{"JobState", std::uint64_t{2}}}, keys).error().code,
              FaultCode::kSelectorInvalidValue);
  }
}

TEST_F(BitsClientJobTest, AMissingJobIsUnreachableForEveryOperation) {
  const wsman::Keys keys = {{"JobId", kOtherId}};
  std::vector<wsman::Fault> faults = {
      handler_.Get(caller_, keys).error(),
      Put({{"Priority", std::uint64_t{0}}}, keys).error(),
      Delete(keys).error(),
      Invoke("SetJobState", {{"JobState", std::uint64_t{2}}}, keys).error(),
      Invoke("GetError", {{"LanguageId", std::uint64_t{1033}}}, keys).error(),
      Invoke("AddFile",
             {{"remoteUrl", std::string("http://s/f")}, {"localFile", std::string("C:\\f")}}, keys)
          .error()};
  for (const wsman::Fault& fault : faults) {
    EXPECT_EQ(fault.code, FaultCode::kDestinationUnreachable);
    EXPECT_EQ(fault.wsman_code, 2150858752u);
    EXPECT_EQ(fault.text, faults.front().text);
    EXPECT_THAT(fault.text, Not(HasSubstr(kOtherId)));
  }
}

TEST_F(BitsClientJobTest, EnumerateGivesEveryJobOnceInOrder) {
  engine::Job second = JobForTest();
  second.id = *engine::JobId::Parse(kOtherId);
  ++second.sequence;
  jobs_.jobs.push_back(std::make_shared<engine::Job>(second));
  const auto source = handler_.Enumerate(caller_);
  EXPECT_EQ(source->Remaining(), 2u);
  EXPECT_EQ(std::get<std::string>(schema::ValueOf(*source->Next(), "JobId")), kJobId);
  EXPECT_EQ(source->Remaining(), 1u);
  EXPECT_EQ(std::get<std::string>(schema::ValueOf(*source->Next(), "JobId")), kOtherId);
  EXPECT_EQ(source->Next(), std::nullopt);
  EXPECT_EQ(source->Remaining(), 0u);
}

TEST_F(BitsClientJobTest, AnEnumerationGoesOnFromPageToPage) {
  constexpr std::size_t kJobs = 2 * JobSource::kPage + 1;
  jobs_.jobs.clear();
  for (std::size_t i = 1; i <= kJobs; ++i) {
    engine::Job job = JobForTest();
    job.id = engine::JobId::Random();
    job.sequence = i;
    jobs_.jobs.push_back(std::make_shared<engine::Job>(std::move(job)));
  }
  const auto source = handler_.Enumerate(caller_);
  EXPECT_EQ(source->Remaining(), kJobs);
  for (const engine::JobSnapshot& job : jobs_.jobs)
    EXPECT_EQ(std::get<std::string>(schema::ValueOf(*source->Next(), "JobId")), job->id.ToString());
  EXPECT_EQ(source->Next(), std::nullopt);
}

TEST_F(BitsClientJobTest, AJobThatEndsBeforeItsTurnIsLeftOut) {
  const auto source = handler_.Enumerate(caller_);
  jobs_.jobs.clear();
  EXPECT_EQ(source->Next(), std::nullopt);
  EXPECT_EQ(source->Remaining(), 0u);
}

TEST_F(BitsClientJobTest, EveryMethodOfTheClassIsOffered) {
  for (const schema::Method& method : schema::BitsClientJob().methods) {
    const auto result = Invoke(method.name, {});
    const bool refused = !result && result.error().code == FaultCode::kActionNotSupported;
    EXPECT_FALSE(refused) << method.name;
  }
}

TEST_F(BitsClientJobTest, JobsThatComeChangeAndGoAreEventsOfTheClass) {
  std::vector<std::shared_ptr<const wsman::InstanceEvent>> events;
  auto watch = handler_.Events()->Watch(
      [&events](std::shared_ptr<const wsman::InstanceEvent> event) { events.push_back(event); });
  engine::Job changed = JobForTest();
  changed.state = engine::JobState::kTransferred;
  const auto before = std::make_shared<const engine::Job>(JobForTest());
  const auto after = std::make_shared<const engine::Job>(changed);
  jobs_.events.Tell({nullptr, before});
  jobs_.events.Tell({before, after});
  jobs_.events.Tell({after, nullptr});
  watch.reset();
  jobs_.events.Tell({nullptr, before});
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0]->kind, wsman::EventKind::kCreation);
  EXPECT_EQ(events[0]->target(), ToInstance(*before));
  EXPECT_EQ(events[1]->kind, wsman::EventKind::kModification);
  EXPECT_EQ(events[1]->previous(), ToInstance(*before));
  EXPECT_EQ(events[1]->target(), ToInstance(*after));
  EXPECT_EQ(events[2]->kind, wsman::EventKind::kDeletion);
  EXPECT_EQ(events[2]->target(), ToInstance(*after));
}

}  // namespace
}  // namespace provider
