#include "provider/bitsctl/target.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

namespace bitsctl {
namespace {

using ::testing::HasSubstr;

constexpr char kDefaultUrl[] = "http://127.0.0.1:5985/wsman";

class TargetTest : public ::testing::Test {
 protected:
  TargetTest() {
    std::string folder = ::testing::TempDir() + "target_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    service_ = folder_ / "bitsd.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    service_.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::close(descriptor);
  }
  ~TargetTest() override { std::filesystem::remove_all(folder_); }

  Target Choose(std::vector<std::string> arguments) const { return Choose(arguments, service_); }
  static Target Choose(std::vector<std::string> arguments, const std::filesystem::path& service) {
    const auto line = ParseCommandLine(std::move(arguments));
    EXPECT_TRUE(line) << line.error().text;
    const auto target = ChooseTarget(*line, service);
    EXPECT_TRUE(target);
    return *target;
  }

  std::filesystem::path folder_;
  std::filesystem::path service_;
};

TEST_F(TargetTest, TheSocketOfTheServiceIsTakenWhereThereIsOne) {
  EXPECT_EQ(Choose({"list"}).socket, service_);
  EXPECT_TRUE(IsThisMachine(Choose({"list"})));
  std::ofstream(folder_ / "file") << "no socket";
  for (const auto& path : {folder_ / "none", folder_ / "file"}) {
    EXPECT_EQ(Choose({"list"}, path).socket, "");
    EXPECT_EQ(Choose({"list"}, path).url, kDefaultUrl);
  }
}

TEST_F(TargetTest, WhoNamesAHostOrALoginGetsTheNetwork) {
  EXPECT_EQ(Choose({"list", "--host", "https://x"}).url, "https://x");
  EXPECT_EQ(Choose({"list", "--host", kDefaultUrl}).url, kDefaultUrl) << "also by its default";
  EXPECT_FALSE(IsThisMachine(Choose({"list", "--host", "https://x"})));
  EXPECT_EQ(Choose({"list", "--user", "alice"}).url, kDefaultUrl);
  EXPECT_EQ(Choose({"list", "--auth", "kerberos"}).url, kDefaultUrl);
  for (const char* name : {"BITSCTL_HOST", "BITSCTL_USER"}) {
    ::setenv(name, "http://h", 1);
    EXPECT_EQ(Choose({"list"}).socket, "") << name;
    ::unsetenv(name);
  }
}

TEST_F(TargetTest, ANamedSocketIsTakenEvenIfItIsNotThere) {
  EXPECT_EQ(Choose({"list", "--socket", "/none"}).socket, "/none");
  ::setenv("BITSCTL_HOST", "https://env", 1);
  EXPECT_EQ(Choose({"list", "--socket", "/none"}).socket, "/none");
  ::unsetenv("BITSCTL_HOST");
  ::setenv("BITSCTL_SOCKET", "/env", 1);
  EXPECT_EQ(Choose({"list"}).socket, "/env");
  EXPECT_EQ(Choose({"list", "--host", "https://x"}).url, "https://x");
  EXPECT_EQ(Choose({"list", "--host=https://x"}).url, "https://x");
  EXPECT_EQ(Choose({"list", "--user", "alice"}).url, kDefaultUrl);
  ::unsetenv("BITSCTL_SOCKET");
}

TEST_F(TargetTest, ASocketTakesNeitherHostNorLogin) {
  for (const char* option : {"--host", "--user", "--auth", "--password-file"}) {
    const std::string value = option == std::string("--auth") ? "basic" : "http://x";
    const auto line = ParseCommandLine({"list", "--socket", "/s", option, value});
    ASSERT_FALSE(line) << option;
    EXPECT_EQ(line.error().exit, ExitCode::kUsage);
    EXPECT_THAT(line.error().text, HasSubstr("asks for no login"));
  }
}

TEST_F(TargetTest, AHostThatCannotBeOneIsRefused) {
  const auto line = ParseCommandLine({"list", "--host", "ftp://x"});
  const auto target = ChooseTarget(*line, service_);
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().exit, ExitCode::kUsage);
}

}  // namespace
}  // namespace bitsctl
