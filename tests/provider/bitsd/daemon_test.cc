// The whole daemon in this process: real store, real sockets on loopback, the
// real client.
#include "provider/bitsd/daemon.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/provider/bitsd/temporary_folder.h"
#include "wsman/auth/user_file.h"
#include "wsman/client/client.h"

namespace bitsd {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using wsman::client::ChildText;
using wsman::client::Client;

constexpr char kClass[] =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob";

class DaemonTest : public testing::Test {
 protected:
  DaemonTest() {
    for (const char* name : {"alice", "bob", "mallory"})
      EXPECT_TRUE(wsman::auth::SetPassword(folder_.path() / "users", name, "secret"));
  }

  Config ConfigOf(const std::string& server = "http = [\"127.0.0.1:0\"]") const {
    const auto config = ParseConfig(
        "[server]\nallow_unencrypted = true\n"
        "endpoints_file = \"endpoints.json\"\n" +
            server +
            "\n[state]\ndirectory = \"state\"\n"
            "[roles]\noperator = [\"user:alice\"]\n"
            "viewer = [\"user:bob\"]\n"
            "[jobs]\nviewers_see = \"all\"\n",
        folder_.path() / "bitsd.toml", {});
    EXPECT_TRUE(config) << config.error();
    return *config;
  }

  void Start() {
    auto daemon = Daemon::Start(ConfigOf());
    ASSERT_TRUE(daemon) << daemon.error();
    daemon_ = *std::move(daemon);
  }

  Client ClientOf(const std::string& user) const {
    wsman::client::ClientOptions options;
    options.url = daemon_->http_endpoints().at(0);
    options.user = user;
    options.password = "secret";
    options.timeout = std::chrono::seconds(30);
    return Client(options);
  }

  std::string CreateJob(Client& client) const {
    const auto output = client.Invoke(kClass, "CreateJob", {},
                                      {{"DisplayName", "TestJob"},
                                       {"RemoteUrl", "https://server01.invalid/f.txt"},
                                       {"LocalFile", "C:\\f.txt"}});
    EXPECT_TRUE(output) << output.error().text;
    return output ? ChildText(*output, "JobId").value_or("") : "";
  }

  TemporaryFolder folder_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(DaemonTest, AJobIsCreatedReadChangedAndCancelledOverTheWire) {
  Start();
  Client client = ClientOf("alice");
  const std::string id = CreateJob(client);
  const auto job = client.Get(kClass, {{"JobId", id}});
  ASSERT_TRUE(job) << job.error().text;
  EXPECT_EQ(ChildText(*job, "State"), "3");
  EXPECT_EQ(ChildText(*job, "Owner"), "S-1-5-20");
  const auto changed = client.Put(kClass, {{"JobId", id}}, {{"Priority", "0"}});
  ASSERT_TRUE(changed) << changed.error().text;
  EXPECT_EQ(ChildText(*changed, "Priority"), "0");
  const auto cancelled = client.Invoke(kClass, "SetJobState", {{"JobId", id}}, {{"JobState", "0"}});
  ASSERT_TRUE(cancelled) << cancelled.error().text;
  EXPECT_EQ(ChildText(*cancelled, "ReturnValue"), "0");
  EXPECT_EQ(client.Get(kClass, {{"JobId", id}}).error().code, 2150858752u);
}

TEST_F(DaemonTest, AJobOutlivesTheDaemon) {
  Start();
  Client before = ClientOf("alice");
  const std::string id = CreateJob(before);
  daemon_->Stop();
  daemon_.reset();
  Start();
  const auto jobs = ClientOf("bob").Enumerate(kClass);
  ASSERT_TRUE(jobs) << jobs.error().text;
  ASSERT_EQ(jobs->size(), 1u);
  EXPECT_EQ(ChildText(jobs->at(0), "JobId"), id);
}

TEST_F(DaemonTest, AnNtHashFileWithAMistakeKeepsItFromStarting) {
  const auto hashes = folder_.path() / "users.ntlm";
  std::ofstream(hashes) << "alice:tooshort\n";
  std::filesystem::permissions(hashes, std::filesystem::perms::owner_read);
  const auto refused = Daemon::Start(ConfigOf());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("bitsctl passwd --ntlm"));
  Config config = ConfigOf();
  config.schemes = {"basic"};
  EXPECT_TRUE(Daemon::Start(config)) << "a scheme that is not offered has no file";
}

TEST_F(DaemonTest, AKeytabThatCannotBeUsedKeepsItFromStarting) {
  Config config = ConfigOf();
  config.keytab = folder_.path() / "none.keytab";
  const auto refused = Daemon::Start(config);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), AllOf(HasSubstr("auth.keytab"), HasSubstr("none.keytab")));
  config.schemes = {"basic"};
  EXPECT_TRUE(Daemon::Start(config)) << "a scheme that is not offered has no file";
}

TEST_F(DaemonTest, RolesDecideWhoMayDoWhat) {
  Start();
  EXPECT_TRUE(ClientOf("bob").Enumerate(kClass));
  const auto refused = ClientOf("bob").Invoke(
      kClass, "CreateJob", {},
      {{"DisplayName", "n"}, {"RemoteUrl", "https://server01.invalid/f"}, {"LocalFile", "C:\\f"}});
  EXPECT_EQ(refused.error().subcode, "AccessDenied");
  EXPECT_EQ(ClientOf("mallory").Enumerate(kClass).error().subcode, "AccessDenied");
  EXPECT_EQ(ClientOf("nobody").Enumerate(kClass).error().kind,
            wsman::client::ClientError::Kind::kUnauthorized);
}

TEST_F(DaemonTest, ItsOwnAccountIsAdministratorAtTheLocalSocket) {
  const Config config = ConfigOf("http = []\nlocal_socket = \"local.sock\"");
  auto daemon = Daemon::Start(config);
  ASSERT_TRUE(daemon) << daemon.error();
  wsman::client::ClientOptions options;
  options.socket = config.server.local;
  Client client(options);
  const auto identity = client.Identify();
  ASSERT_TRUE(identity) << identity.error().text;
  EXPECT_NE(ChildText(*identity, "ProductVersion").value_or("").find("OS: "), std::string::npos)
      << "what only callers with a role are told";
  const std::string id = CreateJob(client);
  EXPECT_TRUE(client.Delete(kClass, {{"JobId", id}}));
  (*daemon)->Stop();
  const auto gone = client.Enumerate(kClass);
  ASSERT_FALSE(gone);
  EXPECT_TRUE(gone.error().local);
  EXPECT_EQ(gone.error().kind, wsman::client::ClientError::Kind::kConnect);
  EXPECT_THAT(gone.error().text, HasSubstr(options.socket.string()));
}

TEST_F(DaemonTest, TheEndpointsFileIsThereWhileTheDaemonServes) {
  Start();
  const fs::path file = folder_.path() / "endpoints.json";
  const auto endpoints = nlohmann::json::parse(std::ifstream(file));
  EXPECT_EQ(endpoints.at("http"), nlohmann::json(daemon_->http_endpoints()));
  EXPECT_THAT(endpoints.at("https"), IsEmpty());
  EXPECT_EQ(endpoints.at("pid"), getpid());
  daemon_->Stop();
  EXPECT_FALSE(fs::exists(file));
  daemon_->Stop();
}

TEST_F(DaemonTest, MissingDirectoriesAreMadeForItsOwnAccount) {
  Start();
  EXPECT_EQ(fs::status(folder_.path() / "state").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(folder_.path() / "state/drives/c").permissions(), fs::perms::owner_all);
}

TEST_F(DaemonTest, AnAddressInUseIsNamedAndNothingStaysBehind) {
  Start();
  const std::string url = daemon_->http_endpoints().at(0);
  const std::string address = url.substr(7, url.rfind('/') - 7);
  const TemporaryFolder other;
  Config config = ConfigOf("http = [\"" + address + "\"]");
  config.engine.state_directory = other.path();
  config.endpoints_file = other.path() / "endpoints.json";
  const auto refused = Daemon::Start(config);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr(address));
  EXPECT_FALSE(fs::exists(config.endpoints_file));
}

}  // namespace
}  // namespace bitsd
