#include "wsman/http/local_socket.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/wsman/http/server_fixture.h"

namespace wsman::http {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A descriptor, or -1.
int Connect(const fs::path& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    return descriptor;
  }
  ::close(descriptor);
  return -1;
}

bool Accepts(const fs::path& path) {
  const int descriptor = Connect(path);
  if (descriptor >= 0) ::close(descriptor);
  return descriptor >= 0;
}

class LocalSocketTest : public ::testing::Test {
 protected:
  LocalSocketTest() {
    std::string folder = ::testing::TempDir() + "local_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    path_ = folder_ / "bitsd.sock";
  }
  ~LocalSocketTest() override { fs::remove_all(folder_); }

  static std::string ErrorOf(const fs::path& path) {
    const auto refused = LocalSocket::Open(path);
    return refused ? "it was opened" : refused.error();
  }

  // What a process leaves that was killed.
  void LeaveStale() const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.native().size());
    ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::close(descriptor);
  }

  fs::path folder_;
  fs::path path_;
};

TEST_F(LocalSocketTest, EverybodyMayConnectUntilItIsClosed) {
  const mode_t before = ::umask(0077);
  auto socket = LocalSocket::Open(folder_ / "run" / "bitsd.sock");
  ::umask(before);
  ASSERT_TRUE(socket) << socket.error();
  struct stat status {};
  ASSERT_EQ(::stat(socket->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0666U);
  ASSERT_EQ(::stat(socket->path().parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
  EXPECT_TRUE(Accepts(socket->path()));
  socket->Close();
  EXPECT_FALSE(fs::exists(socket->path()));
}

TEST_F(LocalSocketTest, AStaleSocketIsReplaced) {
  LeaveStale();
  ASSERT_TRUE(fs::is_socket(path_));
  const auto socket = LocalSocket::Open(path_);
  ASSERT_TRUE(socket) << socket.error();
  EXPECT_TRUE(Accepts(path_));
}

TEST_F(LocalSocketTest, ASecondOneIsRefusedEvenWhereItsFileWasRemoved) {
  const auto first = LocalSocket::Open(path_);
  ASSERT_TRUE(first) << first.error();
  EXPECT_THAT(ErrorOf(path_), HasSubstr("another process serves it"));
  EXPECT_TRUE(Accepts(path_)) << "the first one goes on";
  fs::remove(path_);
  EXPECT_THAT(ErrorOf(path_), HasSubstr("another process serves it"));
}

TEST_F(LocalSocketTest, ASocketOfAnotherProgramIsLeftAlone) {
  const auto other = LocalSocket::Open(path_);
  ASSERT_TRUE(other);
  fs::remove(path_.string() + ".lock");
  EXPECT_THAT(ErrorOf(path_), HasSubstr("another process serves it"));
  EXPECT_TRUE(Accepts(path_));
}

TEST_F(LocalSocketTest, NothingButASocketIsEverRemoved) {
  std::ofstream(folder_ / "file") << "data";
  fs::create_symlink(folder_ / "file", folder_ / "link");
  fs::create_directory(folder_ / "folder");
  for (const char* name : {"file", "link", "folder"}) {
    EXPECT_THAT(ErrorOf(folder_ / name), HasSubstr("something other than a socket")) << name;
    EXPECT_TRUE(fs::exists(folder_ / name));
  }
}

TEST_F(LocalSocketTest, ALinkInThePlaceOfTheLockIsRefused) {
  fs::create_symlink(folder_ / "elsewhere", path_.string() + ".lock");
  EXPECT_THAT(ErrorOf(path_), HasSubstr("cannot open"));
  EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
}

TEST_F(LocalSocketTest, AFolderThatEveryoneMayWriteIsRefused) {
  fs::permissions(folder_, fs::perms::all);
  EXPECT_THAT(ErrorOf(path_), HasSubstr("chmod o-w"));
  fs::permissions(folder_, fs::perms::all | fs::perms::sticky_bit);
  EXPECT_TRUE(LocalSocket::Open(path_));
}

TEST_F(LocalSocketTest, WhatAnotherPutInItsPlaceStays) {
  auto socket = LocalSocket::Open(path_);
  ASSERT_TRUE(socket);
  fs::rename(path_, folder_ / "moved.sock");  // so that its number is not given again
  std::ofstream(path_) << "data";
  socket->Close();
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(LocalSocketTest, APathHasAtMost107Bytes) {
  const auto path_of = [this](std::size_t bytes) {
    return folder_ / std::string(bytes - folder_.native().size() - 1, 'x');
  };
  EXPECT_TRUE(LocalSocket::Open(path_of(106)));
  EXPECT_TRUE(LocalSocket::Open(path_of(107)));
  EXPECT_THAT(ErrorOf(path_of(108)), HasSubstr("more than 107 bytes"));
}

class LocalServerTest : public ServerTest {
 protected:
  LocalServerTest() {
    options_.local = folder_ / "bitsd.sock";
    options_.limits.names = {"only.example"};
    local_accounts_ = true;
  }
  std::string local() const { return "unix:" + options_.local.string(); }
};

TEST_F(LocalServerTest, TheCallerIsWhoeverConnected) {
  Start();
  RawClient client(local());
  for (int i = 0; i < 2; ++i) {
    const auto reply = client.Ask(Post("<hello/>", ""));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200) << "whatever the Host";
    EXPECT_EQ(reply->body, "<hello/>");
  }
  EXPECT_TRUE(handler_.last_was_local());
  EXPECT_EQ(server_->Statistics().connections_open, 1U);
}

TEST_F(LocalServerTest, ACallerOverTheNetworkIsNeverKnownLikeThat) {
  Start();
  RawClient on_this_machine(local());
  ASSERT_TRUE(on_this_machine.Ask(Post("<hello/>", "")));
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    const auto reply = client.Ask(Post("<hello/>", ""));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 401);
    const auto alice =
        RawClient(endpoint).Ask("POST /wsman HTTP/1.1\r\nHost: only.example\r\n" +
                                std::string(kSoap) + kAlice + "Content-Length: 8\r\n\r\n<hello/>");
    ASSERT_TRUE(alice);
    EXPECT_EQ(alice->status, 200);
    EXPECT_FALSE(handler_.last_was_local());
  }
}

TEST_F(LocalServerTest, ALoginIsRefusedAndTheConnectionStays) {
  Start();
  RawClient client(local());
  for (const char* header : {kAlice, kWrong, "Authorization: Negotiate YWJj\r\n",
                             "Authorization: a\r\nAuthorization: b\r\n"}) {
    const auto refused = client.Ask(Post("<hello/>", header));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 403);
    EXPECT_THAT(refused->body, HasSubstr("send no Authorization header"));
  }
  EXPECT_EQ(client.Ask(Post("<hello/>", ""))->status, 200);
  EXPECT_EQ(handler_.requests(), 1);
}

TEST_F(LocalServerTest, TheOtherRulesHoldThereToo) {
  options_.limits.body_bytes = 10;
  Start();
  EXPECT_EQ(RawClient(local()).Ask(Post("<hello/>", "Origin: http://x.example\r\n"))->status, 403);
  EXPECT_EQ(RawClient(local()).Ask(Post("<hello/>", "", "/other"))->status, 404);
  EXPECT_EQ(RawClient(local()).Ask(Post("<too-long-a-body/>", ""))->status, 413);
  EXPECT_EQ(RawClient(local()).Ask("nonsense\n")->status, 400);
}

TEST_F(LocalServerTest, ItsConnectionsTakeNoPlacesOfTheNetwork) {
  options_.limits.connections = 2;
  options_.limits.unauthenticated_connections = 2;
  Start();
  RawClient first(local());
  RawClient second(local());
  ASSERT_TRUE(first.Ask(Post("<hello/>", "")));
  ASSERT_TRUE(second.Ask(Post("<hello/>", "")));
  EXPECT_EQ(RawClient(http()).Ask(Post("<hello/>", ""))->status, 401);
  RawClient third(local());
  third.Send(Post("<hello/>", ""));
  EXPECT_FALSE(third.HasBytes(std::chrono::milliseconds(300))) << "they hold their places";
}

TEST_F(LocalServerTest, WhoCannotBeFoundOutIsAskedToComeAgain) {
  local_accounts_ = false;
  Start();
  const auto reply = RawClient(local()).Ask(Post("<hello/>", ""));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_THAT(reply->body, HasSubstr("try again later"));
}

TEST_F(LocalServerTest, TheFileGoesWhenTheServerStops) {
  Start();
  EXPECT_TRUE(fs::is_socket(options_.local));
  server_->Stop(std::chrono::milliseconds(100));
  EXPECT_FALSE(fs::exists(options_.local));
}

TEST_F(LocalServerTest, AServerCanDoWithoutTheNetwork) {
  options_.http.clear();
  options_.https.clear();
  Start();
  EXPECT_EQ(RawClient(local()).Ask(Post("<hello/>", ""))->status, 200);
}

}  // namespace
}  // namespace wsman::http
