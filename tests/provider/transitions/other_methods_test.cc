// The methods and properties that move no job: in each state, and for jobs that
// are gone.
#include <set>

#include "schema/bits_classes.h"
#include "tests/provider/transitions/service_run.h"

namespace provider {
namespace {

using engine::HResult;
using engine::JobState;

// In the order in which they are called. A result that is no ReturnValue is the
// code of a fault.
struct MethodCase {
  std::string method;
  std::string arguments;
  HResult result;
};

const std::vector<MethodCase>& AccessMethods() {
  const std::string pair = "<p:Target>0</p:Target><p:Scheme>0</p:Scheme>";
  const std::string store =
      "<p:CertStoreLocation>1</p:CertStoreLocation><p:StoreName>MY</p:StoreName>";
  std::string hash;
  for (int i = 0; i < 20; ++i) hash += "<p:CertHash>1</p:CertHash>";
  static const std::vector<MethodCase> methods = {
      {"RemoveCredentials", pair, HResult::kFalse},
      {"SetCredentials", pair + "<p:UserName>u</p:UserName><p:Password>p</p:Password>",
       HResult::kOk},
      {"RemoveCredentials", pair, HResult::kOk},
      {"SetClientCertificateById", store + hash, HResult::kFileNotFound},
      {"SetClientCertificateByName", store + "<p:SubjectName>s</p:SubjectName>",
       HResult::kFileNotFound},
      {"RemoveClientCertificate", "", HResult::kFalse},
      {"SetProxySettings", "<p:ProxyUsage>1</p:ProxyUsage>", HResult::kOk},
  };
  return methods;
}

const std::string kAddFile =
    "<p:remoteUrl>http://server/more</p:remoteUrl><p:localFile>C:\\data\\more</p:localFile>";
const std::string kEnglish = "<p:LanguageId>1033</p:LanguageId>";

// A value that the property does not have yet and that moves no job.
std::string OtherValue(const schema::Property& property, bool running) {
  if (property.type == schema::Type::kString) return "changed";
  if (property.values.empty()) return "7777";
  return std::to_string(running ? property.values.front().value : property.values.back().value);
}

class OtherMethodsTest : public ServiceRunTest, public testing::WithParamInterface<JobState> {
 protected:
  bool Gone() const { return IsFinal(GetParam()); }

  void Make() {
    if (!Gone()) {
      MakeJob(GetParam(), {.finished = GetParam() == JobState::kTransferred ? 2u : 1u});
      return;
    }
    MakeJob(JobState::kTransferred, {.finished = 2});
    const bool completed = GetParam() == JobState::kAcknowledged;
    const std::string end = completed ? "1" : "0";
    EXPECT_EQ(ReturnValueOf(Invoke("SetJobState", "<p:JobState>" + end + "</p:JobState>")), 0u);
  }

  void ExpectStateIsKept() {
    EXPECT_EQ(Read("State"), std::to_string(static_cast<unsigned>(GetParam())));
  }

  void ExpectResult(const wsman::http::Reply& reply, HResult result, const std::string& what) {
    if (Gone()) return ExpectNoSuchJob(reply);
    const auto number = static_cast<std::uint32_t>(result);
    if (reply.status == 200) {
      EXPECT_EQ(ReturnValueOf(reply), number) << what;
    } else {
      EXPECT_THAT(reply.body, testing::HasSubstr("Code=\"" + std::to_string(number) + "\""))
          << what;
    }
    ExpectStateIsKept();
  }
};

TEST_P(OtherMethodsTest, AddFileAddsAFileAndMovesNothing) {
  Make();
  ExpectResult(Invoke("AddFile", kAddFile), HResult::kOk, "AddFile");
  if (Gone()) return;
  EXPECT_EQ(Read("FilesTotal"), "3");
}

TEST_P(OtherMethodsTest, GetErrorTellsErrorsInTheTwoErrorStatesOnly) {
  Make();
  const bool failed = GetParam() == JobState::kError || GetParam() == JobState::kTransientError;
  const wsman::http::Reply reply = Invoke("GetError", kEnglish);
  ExpectResult(reply, failed ? HResult::kOk : HResult::kErrorInformationUnavailable, "GetError");
  if (!failed) return;
  const auto code = static_cast<std::uint32_t>(engine::HttpError(404));
  EXPECT_EQ(wsman::Between(reply.body, ":ErrorCode>", "<"), std::to_string(code));
  EXPECT_EQ(wsman::Between(reply.body, ":ErrorContext>", "<"), "5");
}

TEST_P(OtherMethodsTest, EveryWritablePropertyIsWritten) {
  Make();
  int written = 0;
  for (const schema::Property& property : schema::BitsClientJob().properties) {
    if (property.access != schema::Access::kReadWrite) continue;
    const std::string value = OtherValue(property, HoldsSlot(GetParam()));
    const wsman::http::Reply reply = Put(property.name, value);
    ++written;
    if (Gone()) {
      ExpectNoSuchJob(reply);
      continue;
    }
    EXPECT_EQ(reply.status, 200) << property.name << reply.body;
    EXPECT_EQ(Read(property.name), value);
    ExpectStateIsKept();
  }
  EXPECT_EQ(written, 5);
}

TEST_P(OtherMethodsTest, AccessIsChangedWhateverTheState) {
  Make();
  for (const MethodCase& one : AccessMethods())
    ExpectResult(Invoke(one.method, one.arguments), one.result, one.method);
}

INSTANTIATE_TEST_SUITE_P(States, OtherMethodsTest,
                         testing::Values(JobState::kQueued, JobState::kConnecting,
                                         JobState::kTransferring, JobState::kSuspended,
                                         JobState::kError, JobState::kTransientError,
                                         JobState::kTransferred, JobState::kAcknowledged,
                                         JobState::kCancelled),
                         [](const auto& info) { return std::string(NameOf(info.param)); });

TEST(OtherMethodsListTest, NoMethodOfTheClassIsLeftOut) {
  std::set<std::string_view> covered = {"CreateJob", "SetJobState", "AddFile", "GetError"};
  for (const MethodCase& one : AccessMethods()) covered.insert(one.method);
  for (const schema::Method& method : schema::BitsClientJob().methods)
    EXPECT_TRUE(covered.contains(method.name)) << method.name;
}

}  // namespace
}  // namespace provider
