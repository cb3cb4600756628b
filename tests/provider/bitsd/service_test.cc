// The program itself: command line, exit codes, signals, systemd's protocol.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/provider/bitsd/temporary_folder.h"
#include "wsman/auth/user_file.h"

namespace bitsd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    EXPECT_TRUE(wsman::auth::SetPassword(folder_.path() / "users", "alice", "secret"));
  }

  fs::path WriteConfig(std::string_view text) const {
    const fs::path file = folder_.path() / "bitsd.toml";
    std::ofstream(file) << text;
    return file;
  }

  // Starts bitsd with standard output and error in files.
  pid_t Spawn(std::vector<std::string> arguments, std::vector<std::string> environment = {}) const {
    arguments.insert(arguments.begin(), BITSD_PROGRAM);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const auto& [fd, name] : {std::pair(1, "out"), std::pair(2, "err")})
      posix_spawn_file_actions_addopen(&actions, fd, (folder_.path() / name).c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, BITSD_PROGRAM, &actions, nullptr, Pointers(arguments).data(),
                          Pointers(environment).data()),
              0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
  }

  static int ExitCodeOf(pid_t pid) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  int Run(std::vector<std::string> arguments) const {
    return ExitCodeOf(Spawn(std::move(arguments)));
  }

  std::string Text(const char* name) const {
    std::ostringstream text;
    text << std::ifstream(folder_.path() / name).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;

 private:
  static std::vector<char*> Pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }
};

// The socket that systemd would listen on.
class NotifySocket {
 public:
  explicit NotifySocket(const fs::path& file) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    const timeval bound{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
  }
  ~NotifySocket() { close(fd_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // Empty when nothing came in time.
  std::string Receive() const {
    std::array<char, 256> buffer{};
    const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
    return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  const int fd_;
};

constexpr char kConfig[] = "[server]\nhttp = [\"127.0.0.1:0\"]\n[state]\ndirectory = \"state\"\n";

TEST_F(ServiceTest, CheckConfigSaysWhetherTheFileIsValid) {
  const fs::path file = WriteConfig(kConfig);
  EXPECT_EQ(Run({"--check-config", "--config", file}), 0);
  EXPECT_EQ(Text("out"), file.string() + " is valid\n");
  EXPECT_THAT(Text("err"), StartsWith("warning: "));
  EXPECT_EQ(Run({"--check-config", "--config", WriteConfig("[server]\nx = 1\n")}), 78);
  EXPECT_THAT(Text("err"), HasSubstr("bitsd.toml:2:1: there is no setting server.x"));
  EXPECT_FALSE(fs::exists(folder_.path() / "state"));
}

TEST_F(ServiceTest, PrintConfigPrintsAConfiguration) {
  EXPECT_EQ(Run({"--print-config", "--config", WriteConfig(kConfig)}), 0);
  const std::string printed = Text("out");
  EXPECT_THAT(printed, HasSubstr("directory = \"" + (folder_.path() / "state").string() + "\""));
  EXPECT_EQ(Run({"--print-config", "--config", WriteConfig(printed)}), 0);
  EXPECT_EQ(Text("out"), printed);
}

TEST_F(ServiceTest, AMissingConfigurationAndAWrongOptionHaveTheirOwnCodes) {
  EXPECT_EQ(Run({"--config", folder_.path() / "none.toml"}), 78);
  EXPECT_EQ(Run({"--no-such-option"}), 64);
  EXPECT_EQ(Run({"--check-config", "--print-config"}), 64);
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_THAT(Text("out"), StartsWith("bitsd "));
  EXPECT_EQ(Run({"--help"}), 0);
}

TEST_F(ServiceTest, ADaemonThatCannotStartSaysWhyAndEndsWithOne) {
  std::ofstream(folder_.path() / "state") << "a file in the way";
  EXPECT_EQ(Run({"--config", WriteConfig(kConfig)}), 1);
  EXPECT_THAT(Text("err"), HasSubstr("cannot start: "));
}

TEST_F(ServiceTest, TellsSystemdAndStopsOnSigterm) {
  const NotifySocket systemd(folder_.path() / "notify");
  const pid_t pid = Spawn({"--config", WriteConfig(kConfig)},
                          {"NOTIFY_SOCKET=" + (folder_.path() / "notify").string()});
  EXPECT_EQ(systemd.Receive(), "READY=1");
  kill(pid, SIGHUP);
  EXPECT_THAT(systemd.Receive(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(systemd.Receive(), "READY=1");
  kill(pid, SIGTERM);
  EXPECT_EQ(systemd.Receive(), "STOPPING=1");
  EXPECT_EQ(ExitCodeOf(pid), 0);
  EXPECT_THAT(Text("err"), HasSubstr("serving http://127.0.0.1:"));
  EXPECT_THAT(Text("err"), HasSubstr("stopping on SIGTERM"));
}

TEST_F(ServiceTest, UnderSystemdEveryLineCarriesItsPriority) {
  const NotifySocket systemd(folder_.path() / "notify");
  const pid_t pid =
      Spawn({"--config", WriteConfig(kConfig)},
            {"NOTIFY_SOCKET=" + (folder_.path() / "notify").string(), "JOURNAL_STREAM=1:1"});
  EXPECT_EQ(systemd.Receive(), "READY=1");
  kill(pid, SIGINT);
  EXPECT_EQ(ExitCodeOf(pid), 0);
  EXPECT_THAT(Text("err"), HasSubstr("<4>no role is given"));
  EXPECT_THAT(Text("err"), HasSubstr("<6>stopping on SIGINT"));
}

}  // namespace
}  // namespace bitsd
