// Every role, operation and state of a job, through the dispatcher: who sees and
// alters which job, and that nobody can tell a job that is not his from none.
#include <gmock/gmock.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/bits_client_job.h"
#include "schema/bits_classes.h"
#include "tests/provider/fake_jobs.h"
#include "tests/provider/job_for_test.h"
#include "tests/support/principal_for_test.h"
#include "wsman/dispatcher.h"

namespace provider {
namespace {

using testing::HasSubstr;
using testing::Not;
using wsman::auth::Principal;
using wsman::auth::PrincipalForTest;

constexpr std::string_view kUri =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob";
constexpr std::string_view kWildcard =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/*";
constexpr std::string_view kTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
constexpr std::string_view kEnumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/";
constexpr std::string_view kEventing = "http://schemas.xmlsoap.org/ws/2004/08/eventing/";
constexpr std::string_view kJobId = "{327C1E84-ABC3-475D-A5D3-E7ED09806523}";
constexpr std::string_view kNoJobId = "{327C1E84-ABC3-475D-A5D3-E7ED09806524}";

class KeepReply : public wsman::http::Responder {
 public:
  void Send(wsman::http::Reply sent) override {
    if (!reply) reply = std::move(sent);
  }
  void SetDeadline(std::chrono::steady_clock::time_point,
                   std::function<wsman::http::Reply()>) override {}
  std::optional<wsman::http::Reply> reply;
};

enum class Reach { kReads, kChanges, kLists };

// One way to touch a job.
struct Way {
  std::string_view name;
  Reach reach;
  std::string_view uri;
  std::string action;
  std::string headers;
  std::string body;
};

std::string Input(std::string_view method, std::string_view arguments) {
  return "<p:" + std::string(method) + "_INPUT xmlns:p=\"" + std::string(kUri) + "\">" +
         std::string(arguments) + "</p:" + std::string(method) + "_INPUT>";
}

Way Call(std::string_view name, std::string_view method, std::string_view arguments) {
  return {name, Reach::kChanges,         kUri, std::string(kUri) + "/" + std::string(method),
          "",   Input(method, arguments)};
}

Way List(std::string_view name, std::string_view uri, std::string_view inside) {
  return {name,
          Reach::kLists,
          uri,
          std::string(kEnumeration) + "Enumerate",
          "<w:RequestTotalItemsCountEstimate/>",
          "<n:Enumerate><w:OptimizeEnumeration/>" + std::string(inside) + "</n:Enumerate>"};
}

std::string Fragment(std::string_view path) {
  return "<w:FragmentTransfer s:mustUnderstand=\"true\">" + std::string(path) +
         "</w:FragmentTransfer>";
}

std::string Wql(std::string_view query) {
  return "<w:Filter Dialect=\"http://schemas.microsoft.com/wbem/wsman/1/WQL\">" +
         std::string(query) + "</w:Filter>";
}

std::vector<Way> AllWays() {
  const std::string get = std::string(kTransfer) + "Get";
  const std::string put = std::string(kTransfer) + "Put";
  const std::string changed = "<p:Priority xmlns:p=\"" + std::string(kUri) + "\">0</p:Priority>";
  std::vector<Way> ways = {
      {"Get", Reach::kReads, kUri, get, "", ""},
      {"Get of a fragment", Reach::kReads, kUri, get, Fragment("State"), ""},
      {"Get of a file", Reach::kReads, kUri, get, Fragment("Files[1]/RemoteUrl"), ""},
      {"Put", Reach::kChanges, kUri, put, "",
       "<p:BitsClientJob xmlns:p=\"" + std::string(kUri) + "\"><p:Priority>0</p:Priority>" +
           "</p:BitsClientJob>"},
      {"Put of a fragment", Reach::kChanges, kUri, put, Fragment("Priority"),
       "<w:XmlFragment>" + changed + "</w:XmlFragment>"},
      {"Put of nonsense", Reach::kChanges, kUri, put, "", "<x/>"},
      {"Delete", Reach::kChanges, kUri, std::string(kTransfer) + "Delete", "", ""},
      Call("AddFile", "AddFile",
           "<p:RemoteUrl>http://s/f</p:RemoteUrl><p:LocalFile>C:\\f</p:LocalFile>"),
      Call("GetError", "GetError", "<p:LanguageId>1033</p:LanguageId>"),
      List("Enumerate", kUri, ""),
      List("Enumerate of addresses", kUri, "<w:EnumerationMode>EnumerateEPR</w:EnumerationMode>"),
      List("Enumerate by query", kUri, Wql("SELECT * FROM BitsClientJob")),
      List("Enumerate by projection", kUri, Wql("SELECT JobId FROM BitsClientJob")),
      List("Enumerate of the namespace", kWildcard, Wql("SELECT * FROM BitsClientJob")),
      List("Enumerate by selectors", kUri,
           "<w:Filter Dialect=\"http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter\">"
           "<w:SelectorSet><w:Selector Name=\"DisplayName\">TestJob</w:Selector></w:SelectorSet>"
           "</w:Filter>"),
  };
  for (const std::string_view state : {"0", "1", "2", "3"})
    ways.push_back(
        Call("SetJobState", "SetJobState", "<p:JobState>" + std::string(state) + "</p:JobState>"));
  return ways;
}

// A caller, and what comes of it.
struct Who {
  std::string_view name;
  std::string account;
  bool has_role;
  bool sees;
  bool changes;
};

// With the settings as they are unless the configuration says otherwise.
const std::vector<Who>& Everyone() {
  static const std::vector<Who> everyone = {{"nobody", "nobody", false, false, false},
                                            {"a viewer", "victor", true, false, false},
                                            {"the owner", "alice", true, true, true},
                                            {"another operator", "bob", true, false, true},
                                            {"an administrator", "root", true, true, true}};
  return everyone;
}

class JobVisibilityTest : public testing::Test {
 protected:
  static Roles ThreeRoles() {
    return Roles({.administrators = {*ParseRoleEntry("user:root")},
                  .operators = {*ParseRoleEntry("user:alice"), *ParseRoleEntry("user:bob")},
                  .viewers = {*ParseRoleEntry("user:victor"), *ParseRoleEntry("group:watch")}});
  }

  static std::string Envelope(const Way& way, std::string_view job_id) {
    std::string text =
        R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
        R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
        R"(xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" )"
        R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>)"
        "<a:To>/wsman</a:To><a:ReplyTo><a:Address>"
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
        "<a:MessageID>1</a:MessageID><w:ResourceURI>";
    text += way.uri;
    text += "</w:ResourceURI><a:Action>" + way.action + "</a:Action>" + way.headers;
    if (!job_id.empty()) {
      text += "<w:SelectorSet><w:Selector Name=\"JobId\">" + std::string(job_id) +
              "</w:Selector></w:SelectorSet>";
    }
    return text + "</s:Header><s:Body>" + way.body + "</s:Body></s:Envelope>";
  }

  std::shared_ptr<KeepReply> Start(const std::string& account, const Way& way,
                                   std::string_view job_id) {
    auto responder = std::make_shared<KeepReply>();
    dispatcher_.Handle(PrincipalForTest::Make(account),
                       {"application/soap+xml;charset=UTF-8", Envelope(way, job_id)}, responder);
    return responder;
  }

  // The reply without its own random MessageID.
  std::string Send(const std::string& account, const Way& way, std::string_view job_id) {
    const auto responder = Start(account, way, job_id);
    if (!responder->reply) return "no reply";
    std::string body = responder->reply->body;
    const std::size_t begin = body.find("<a:MessageID>");
    const std::size_t end = body.find("</a:MessageID>");
    if (begin != std::string::npos) body.erase(begin, end - begin);
    return std::to_string(responder->reply->status) + " " + body;
  }

  void SetJob(int state) {
    engine::Job job = JobForTest();
    job.state = static_cast<engine::JobState>(state);
    jobs_.jobs = {std::make_shared<engine::Job>(std::move(job))};
    jobs_.added.clear();
    jobs_.called.clear();
    jobs_.changes.clear();
  }

  bool NothingWasChanged() const {
    return jobs_.added.empty() && jobs_.called.empty() && jobs_.changes.empty();
  }

  void ExpectAddressed(const Who& who, const Way& way) {
    const bool reads = way.reach == Reach::kReads;
    const std::string reply = Send(who.account, way, kJobId);
    const std::string missing = Send(who.account, way, kNoJobId);
    if (!who.has_role || (!reads && !who.changes)) {
      EXPECT_THAT(reply, HasSubstr("<s:Value>w:AccessDenied<"));
      EXPECT_EQ(reply, missing);
      EXPECT_TRUE(NothingWasChanged());
    } else if (!who.sees) {
      EXPECT_THAT(reply, HasSubstr("<s:Value>a:DestinationUnreachable<"));
      EXPECT_THAT(reply, HasSubstr("faultDetail/InvalidResourceURI<"));
      EXPECT_THAT(reply, HasSubstr("Code=\"2150858752\""));
      EXPECT_EQ(reply, missing);
      EXPECT_TRUE(NothingWasChanged());
    } else {
      EXPECT_NE(reply, missing);
      EXPECT_THAT(reply, Not(HasSubstr("DestinationUnreachable")));
      EXPECT_THAT(missing, HasSubstr("<s:Value>a:DestinationUnreachable<"));
    }
  }

  void ExpectListed(const Who& who, const Way& way) {
    const std::string reply = Send(who.account, way, {});
    if (!who.has_role) {
      EXPECT_THAT(reply, HasSubstr("<s:Value>w:AccessDenied<"));
      return;
    }
    EXPECT_EQ(reply.find(kJobId) != std::string::npos, who.sees) << reply;
    EXPECT_THAT(reply, HasSubstr(who.sees ? "<w:TotalItemsCountEstimate>1<"
                                          : "<w:TotalItemsCountEstimate>0<"));
    const engine::JobSnapshot job = jobs_.jobs.front();
    jobs_.jobs.clear();
    const std::string without = Send(who.account, way, {});
    jobs_.jobs = {job};
    if (!who.sees) {
      EXPECT_EQ(reply, without);
    }
  }

  void ExpectEverywhere(const std::vector<Who>& everyone) {
    std::size_t cells = 0;
    for (const Way& way : AllWays()) {
      for (const Who& who : everyone) {
        for (int state = 0; state <= 8; ++state) {
          SCOPED_TRACE(std::string(who.name) + ", " + std::string(way.name) + ", state " +
                       std::to_string(state));
          SetJob(state);
          way.reach == Reach::kLists ? ExpectListed(who, way) : ExpectAddressed(who, way);
          ++cells;
        }
      }
    }
    EXPECT_GE(cells, 400u);
    RecordProperty("cells", static_cast<int>(cells));
  }

  void ExpectEventsToldTo(const std::vector<Who>& everyone) {
    SetJob(3);
    std::vector<std::shared_ptr<const wsman::InstanceEvent>> events;
    const auto watch = handler_.Events()->Watch(
        [&events](std::shared_ptr<const wsman::InstanceEvent> event) { events.push_back(event); });
    const engine::JobSnapshot job = jobs_.jobs.front();
    jobs_.events.Tell({nullptr, job});
    jobs_.events.Tell({job, job});
    jobs_.events.Tell({job, nullptr});
    ASSERT_EQ(events.size(), 3u);
    for (const auto& event : events) {
      for (const Who& who : everyone) {
        EXPECT_EQ(event->is_visible_to({PrincipalForTest::Make(who.account)}), who.sees)
            << who.name;
      }
    }
  }

  explicit JobVisibilityTest(BitsClientJob::Options options = {})
      : handler_(options, jobs_, roles_) {}

  FakeJobs jobs_;
  Roles roles_ = ThreeRoles();
  BitsClientJob handler_;
  wsman::Dispatcher dispatcher_{{}, roles_, {&handler_}};
};

TEST_F(JobVisibilityTest, HoldsForEveryRoleOperationAndState) { ExpectEverywhere(Everyone()); }

class MonitoredJobsTest : public JobVisibilityTest {
 protected:
  MonitoredJobsTest() : JobVisibilityTest({.viewers_see = ViewersSee::kAll}) {}

  static std::vector<Who> EveryoneThen() {
    std::vector<Who> everyone = Everyone();
    everyone[1].sees = true;
    return everyone;
  }
};

TEST_F(MonitoredJobsTest, AViewerSeesAllAndStillChangesNothing) {
  ExpectEverywhere(EveryoneThen());
}

TEST_F(MonitoredJobsTest, EventsTellAViewerOfAllJobs) { ExpectEventsToldTo(EveryoneThen()); }

TEST_F(JobVisibilityTest, AViewerSeesWhatHeMadeWhenHeHadMoreThanThisRole) {
  const wsman::Keys keys = {{"JobId", std::string(kJobId)}};
  const wsman::Caller former{PrincipalForTest::Make("alice2", {"watch"})};
  engine::Job own = JobForTest();
  own.creator = "alice2";
  jobs_.jobs = {std::make_shared<engine::Job>(own)};
  EXPECT_TRUE(handler_.Get(former, keys));
  EXPECT_EQ(handler_.Enumerate(former)->Remaining(), 1u);
}

TEST_F(JobVisibilityTest, OnlyTheAccountNameDecidesWhoseJobItIs) {
  SetJob(3);
  const JobAccess access(roles_, ViewersSee::kAll);
  const engine::Job& job = *jobs_.jobs.front();
  const auto may_get = [&](const Principal& principal) {
    return access.Allows(principal, wsman::Operation::kGet, job);
  };
  EXPECT_TRUE(may_get(PrincipalForTest::Make("alice", {"staff"})));
  for (const char* other : {"Alice", "alice@REALM", "REALM\\alice", "alice ", ""})
    EXPECT_FALSE(may_get(PrincipalForTest::Make(other))) << other;
}

TEST_F(JobVisibilityTest, EventsTellNobodyOfJobsThatHeMayNotSee) { ExpectEventsToldTo(Everyone()); }

}  // namespace
}  // namespace provider
