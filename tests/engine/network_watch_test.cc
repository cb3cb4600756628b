#include "engine/network_watch.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

namespace engine {
namespace {

// Longer than the watch waits for a network to come back.
constexpr std::chrono::seconds kPatience{20};
constexpr int kNoNamespace = 77;

bool Ip(const char* arguments) {
  const std::string command = std::string("ip ") + arguments + " >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

// What a watch told, in order.
class Told {
 public:
  void Add(bool has_network) {
    const std::lock_guard lock(mutex_);
    told_.push_back(has_network);
    changed_.notify_all();
  }
  bool Await(const std::vector<bool>& expected) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return told_ == expected; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> told_;
};

bool WriteFile(const char* name, const std::string& text) {
  std::ofstream file(name);
  file << text << std::flush;
  return file.good();
}

// A network of its own, with the right to make interfaces there.
bool EnterNamespace() {
  const uid_t user = getuid();
  const gid_t group = getgid();
  return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && WriteFile("/proc/self/setgroups", "deny") &&
         WriteFile("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") &&
         WriteFile("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
}

// In a network of its own, whose only interface the test makes. The number of the
// step that failed, or 0.
int RunInNamespace() {
  if (!EnterNamespace() || !Ip("link add d0 type veth peer name d1")) return kNoNamespace;
  if (!Ip("link set lo up") || !Ip("link set d1 up") || HasNetwork()) return 1;
  if (!Ip("link set d0 up") || HasNetwork()) return 2;  // an address of its link at most
  Told told;
  const NetworkWatch watch([&told](bool has_network) { told.Add(has_network); });
  if (!Ip("addr add 192.0.2.1/24 dev d0") || !told.Await({true}) || !HasNetwork()) return 3;
  if (!Ip("link set d0 down") || !told.Await({true, false}) || HasNetwork()) return 4;
  if (!Ip("link set d0 up") || !told.Await({true, false, true})) return 5;
  // Short of what is told.
  if (!Ip("link set d0 down") || !Ip("link set d0 up")) return 6;
  if (!Ip("addr del 192.0.2.1/24 dev d0") || !told.Await({true, false, true, false})) return 7;
  return 0;
}

TEST(NetworkWatchTest, ItTellsThatInterfacesComeAndGo) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(RunInNamespace());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoNamespace)
    GTEST_SKIP() << "This needs a network namespace of its own and the program ip.";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(NetworkWatchTest, AWatchThatIsToldNothingEndsAtOnce) {
  const NetworkWatch watch([](bool) {});
}

}  // namespace
}  // namespace engine
