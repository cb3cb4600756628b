// Files on a real file system.
#include "engine/transfer/disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "engine/transfer/file_finish.h"
#include "engine/transfer/open_file.h"
#include "engine/transfer/task_thread.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Optional;

Buffer BufferOf(std::uint64_t offset, std::string_view text) {
  Buffer buffer((text.size() / kAlignment + 2) * kAlignment);
  buffer.Begin(offset);
  buffer.Append(std::as_bytes(std::span(text.data(), text.size())));
  return buffer;
}

class DiskTest : public ::testing::Test {
 protected:
  LocalTarget Target(const std::string& name, std::vector<std::string> directories = {}) {
    return LocalTarget{directory_.path(), std::move(directories), name, false};
  }

  Status Check(const LocalTarget& target) {
    std::promise<Status> answer;
    disk_.CheckTarget(target, [&answer](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  std::vector<Status> Finish(std::vector<FileWork> files) {
    std::promise<std::vector<Status>> answer;
    disk_.Finish(std::move(files), [&answer](std::vector<Status> statuses) {
      answer.set_value(std::move(statuses));
    });
    return answer.get_future().get();
  }

  static std::optional<HResult> CodeOf(const Status& status) {
    return status ? std::nullopt : std::optional(status.error().code);
  }

  ScratchDirectory directory_;
  DiskThreads disk_{TransferOptions{}};
};

// --- CheckTarget ----------------------------------------------------------------

TEST_F(DiskTest, AnAbsentTargetInADirectoryIsGoodAndLeavesNothing) {
  EXPECT_TRUE(Check(Target("new")));
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

TEST_F(DiskTest, ARegularFileMayBeReplaced) {
  WriteFile(directory_.path() / "old", "x");
  EXPECT_TRUE(Check(Target("old")));
  EXPECT_EQ(ReadFile(directory_.path() / "old"), "x");
}

TEST_F(DiskTest, AMissingDirectoryIsAPathThatIsNotFound) {
  EXPECT_THAT(CodeOf(Check(Target("f", {"a", "b"}))), Optional(HResult::kPathNotFound));
  LocalTarget nowhere = Target("f");
  nowhere.root = directory_.path() / "missing";
  EXPECT_THAT(CodeOf(Check(nowhere)), Optional(HResult::kPathNotFound));
}

TEST_F(DiskTest, MissingDirectoriesAreMadeWhereTheTargetSaysSo) {
  LocalTarget target = Target("f", {"a", "b"});
  target.create_directories = true;
  EXPECT_TRUE(Check(target));
  EXPECT_TRUE(Check(target));
  EXPECT_TRUE(fs::is_directory(directory_.path() / "a" / "b"));
  target.root = directory_.path() / "root" / "of";
  EXPECT_TRUE(Check(target));
  EXPECT_TRUE(fs::is_directory(directory_.path() / "root" / "of" / "a" / "b"));
}

TEST_F(DiskTest, AFileInPlaceOfADirectoryIsAPathThatIsNotFound) {
  WriteFile(directory_.path() / "a", "x");
  EXPECT_THAT(CodeOf(Check(Target("f", {"a"}))), Optional(HResult::kPathNotFound));
  LocalTarget target = Target("f", {"a", "b"});
  target.create_directories = true;
  EXPECT_THAT(CodeOf(Check(target)), Optional(HResult::kPathNotFound));
}

TEST_F(DiskTest, TargetsThatAreNotFilesAreRefused) {
  fs::create_directory(directory_.path() / "directory");
  fs::create_symlink("nothing", directory_.path() / "link");
  ASSERT_EQ(::mkfifo((directory_.path() / "pipe").c_str(), 0600), 0);
  for (const char* name : {"directory", "link", "pipe"}) {
    const Status status = Check(Target(name));
    EXPECT_THAT(CodeOf(status), Optional(HResult::kAccessDenied)) << name;
    EXPECT_EQ(status.error().context, ErrorContext::kLocalFile);
    EXPECT_THAT(status.error().message, HasSubstr("not a regular file"));
  }
}

TEST_F(DiskTest, LinkedDirectoriesAreNotEntered) {
  const ScratchDirectory elsewhere;
  fs::create_directory(elsewhere.path() / "sub");
  fs::create_symlink(elsewhere.path(), directory_.path() / "out");
  fs::create_directory(directory_.path() / "real");
  fs::create_symlink("real", directory_.path() / "inside");
  for (const bool create : {false, true}) {
    for (const auto& way : std::vector<std::vector<std::string>>{
             {"out"}, {"out", "sub"}, {"inside"}, {"out", "new"}}) {
      LocalTarget target = Target("f", way);
      target.create_directories = create;
      EXPECT_THAT(CodeOf(Check(target)), Optional(HResult::kAccessDenied)) << way.back();
    }
  }
  EXPECT_FALSE(fs::exists(elsewhere.path() / "new"));
}

// Names like these never leave the path map; the walk holds without it.
TEST_F(DiskTest, TheWalkStaysBelowTheRoot) {
  fs::create_directory(directory_.path() / "root");
  fs::create_directory(directory_.path() / "beside");
  LocalTarget target{directory_.path() / "root", {"..", "beside"}, "f", false};
  EXPECT_FALSE(Check(target));
  target.directories = {"/tmp"};
  EXPECT_FALSE(Check(target));
}

// --- the temporary file -----------------------------------------------------------

TEST_F(DiskTest, ATemporaryFileIsPrivateAndItsRoomIsReserved) {
  OpenFile file(Target("f"), "BIT1.tmp");
  ASSERT_TRUE(file.Create(1'000'000));
  struct stat found {};
  ASSERT_EQ(::stat((directory_.path() / "BIT1.tmp").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(found.st_size, 0);
}

TEST_F(DiskTest, PiecesOfAnySizeAndPlaceLandWhereTheyBelong) {
  for (const std::uint64_t total : {kDirectBytes - 1, kDirectBytes + 5}) {
    const std::string content = support::PatternBytes(total);
    OpenFile file(Target("f"), "BIT1.tmp");
    ASSERT_TRUE(file.Create(total));
    std::size_t at = 0;
    for (std::size_t step = 1; at < content.size(); step = step * 3 + 1) {
      const std::string_view piece = std::string_view(content).substr(at, step % 900'001 + 1);
      ASSERT_TRUE(file.Write(BufferOf(at, piece)));
      at += piece.size();
    }
    ASSERT_TRUE(file.Sync());
    EXPECT_TRUE(ReadFile(directory_.path() / "BIT1.tmp") == content);
  }
}

TEST_F(DiskTest, OnlyAFileOfOursThatIsLongEnoughIsContinued) {
  const fs::path path = directory_.path() / "BIT1.tmp";
  OpenFile file(Target("f"), "BIT1.tmp");
  EXPECT_THAT(CodeOf(file.Resume(5, 10)), Optional(HResult::kPathNotFound));
  for (const std::size_t size : {4u, 5u, 6u}) {
    WriteFile(path, std::string(size, 'x'));
    EXPECT_EQ(file.Resume(5, 10).has_value(), size >= 5) << size;
  }
  fs::create_hard_link(path, directory_.path() / "other");
  EXPECT_THAT(CodeOf(file.Resume(5, 10)), Optional(HResult::kPathNotFound));
  fs::remove(path);
  fs::create_symlink("other", path);
  EXPECT_THAT(CodeOf(file.Resume(5, 10)), Optional(HResult::kPathNotFound));
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(CodeOf(file.Resume(5, 10)), Optional(HResult::kPathNotFound));
}

TEST_F(DiskTest, AfterAFailureNothingIsWrittenUntilTheFileStartsAnew) {
  OpenFile file(Target("f"), "BIT1.tmp");
  EXPECT_FALSE(file.Resume(1, 10));
  EXPECT_THAT(CodeOf(file.Write(BufferOf(1, "x"))), Optional(HResult::kPathNotFound));
  EXPECT_THAT(CodeOf(file.Sync()), Optional(HResult::kPathNotFound));
  EXPECT_TRUE(file.Create(10));
  EXPECT_TRUE(file.Write(BufferOf(0, "x")));
  EXPECT_TRUE(file.Sync());
}

constexpr int kNotPermitted = 77;

// Runs `body` in a process of its own; its result is the exit code.
int InChild(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

// Mounts a small file system that only this process sees.
bool MountSmall(const fs::path& where, const char* size) {
  const uid_t user = ::geteuid();
  if (::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (user != 0) WriteFile("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", where.c_str(), "tmpfs", 0, size) == 0;
}

TEST_F(DiskTest, AFullDiskIsSaidBeforeTheFirstByteWhenTheLengthIsKnown) {
  const int result = InChild([this] {
    if (!MountSmall(directory_.path(), "size=1M")) return kNotPermitted;
    OpenFile fits(Target("a"), "BIT1.tmp");
    OpenFile large(Target("b"), "BIT2.tmp");
    const bool good = fits.Create(500'000).has_value();
    return good && CodeOf(large.Create(1'000'000)) == HResult::kDiskFull ? 0 : 1;
  });
  if (result == kNotPermitted) GTEST_SKIP() << "mounting is not permitted here";
  EXPECT_EQ(result, 0);
}

TEST_F(DiskTest, ADiskThatFillsUpIsAnErrorOfTheWriteAndNoSignal) {
  const int result = InChild([this] {
    const rlimit limit{10'000, 10'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    EnterBackgroundThread("disk.test");
    OpenFile file(Target("f"), "BIT1.tmp");
    const bool good = file.Create(std::nullopt).has_value() &&
                      file.Write(BufferOf(0, std::string(10'000, 'x'))).has_value();
    return good && CodeOf(file.Write(BufferOf(10'000, "x"))) == HResult::kDiskFull ? 0 : 1;
  });
  EXPECT_EQ(result, 0);
}

// --- Finish -------------------------------------------------------------------------

FileWork Keep(LocalTarget target, std::optional<TimePoint> modified = {}) {
  return FileWork{std::move(target), "BIT1.tmp", true, modified};
}

FileWork Drop(LocalTarget target) {
  return FileWork{std::move(target), "BIT1.tmp", false, std::nullopt};
}

TEST_F(DiskTest, WhatIsDeliveredIsReadableAsTheTargetSays) {
  const mode_t of_process = ::umask(0077);
  const auto mode_of = [](const fs::path& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777;
  };
  for (const std::uint32_t mask : {0000U, 0022U, 0027U, 0077U}) {
    const std::string folder = "made-with-" + std::to_string(mask);
    LocalTarget target = Target("f", {folder, "below"});
    target.create_directories = true;
    target.umask = mask;
    ASSERT_TRUE(Check(target));
    const fs::path made = directory_.path() / folder;
    EXPECT_EQ(mode_of(made), 0777U & ~mask);
    EXPECT_EQ(mode_of(made / "below"), 0777U & ~mask);
    WriteFile(made / "below" / "BIT1.tmp", "new");
    EXPECT_TRUE(Finish({Keep(target)}).front());
    EXPECT_EQ(mode_of(made / "below" / "f"), 0666U & ~mask);
  }
  ::umask(of_process);
}

TEST_F(DiskTest, AKeptFileGetsItsNameItsTimeAndItsMode) {
  WriteFile(directory_.path() / "BIT1.tmp", "new");
  WriteFile(directory_.path() / "f", "old");
  const auto modified = std::chrono::system_clock::from_time_t(784'111'777);
  EXPECT_TRUE(Finish({Keep(Target("f"), modified)}).front());
  EXPECT_EQ(ReadFile(directory_.path() / "f"), "new");
  EXPECT_FALSE(fs::exists(directory_.path() / "BIT1.tmp"));
  struct stat found {};
  ASSERT_EQ(::stat((directory_.path() / "f").c_str(), &found), 0);
  EXPECT_EQ(found.st_mtime, 784'111'777);
  EXPECT_EQ(found.st_mode & 07777, FileMode(Target("f")));
}

TEST_F(DiskTest, FinishingTwiceGivesTheSameResult) {
  WriteFile(directory_.path() / "BIT1.tmp", "new");
  EXPECT_TRUE(Finish({Keep(Target("f"))}).front());
  EXPECT_TRUE(Finish({Keep(Target("f"))}).front());
  EXPECT_EQ(ReadFile(directory_.path() / "f"), "new");
}

TEST_F(DiskTest, AKeptFileThatIsNowhereIsAnError) {
  EXPECT_THAT(CodeOf(Finish({Keep(Target("f"))}).front()), Optional(HResult::kPathNotFound));
  EXPECT_THAT(CodeOf(Finish({Keep(Target("f", {"missing"}))}).front()),
              Optional(HResult::kPathNotFound));
}

TEST_F(DiskTest, OnlyRegularFilesAreReplaced) {
  WriteFile(directory_.path() / "victim", "precious");
  for (const char* kind : {"link", "directory", "pipe"}) {
    const fs::path path = directory_.path() / kind;
    if (kind[0] == 'l') fs::create_symlink("victim", path);
    if (kind[0] == 'd') fs::create_directory(path);
    if (kind[0] == 'p') {
      ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    }
    WriteFile(directory_.path() / "BIT1.tmp", "new");
    EXPECT_THAT(CodeOf(Finish({Keep(Target(kind))}).front()), Optional(HResult::kAccessDenied));
    EXPECT_EQ(ReadFile(directory_.path() / "BIT1.tmp"), "new");
  }
  EXPECT_EQ(ReadFile(directory_.path() / "victim"), "precious");
}

TEST_F(DiskTest, ATemporaryNameThatIsALinkIsNotKept) {
  WriteFile(directory_.path() / "victim", "precious");
  fs::create_symlink("victim", directory_.path() / "BIT1.tmp");
  EXPECT_THAT(CodeOf(Finish({Keep(Target("f"))}).front()), Optional(HResult::kAccessDenied));
  EXPECT_FALSE(fs::exists(directory_.path() / "f"));
}

TEST_F(DiskTest, DroppedFilesGoAndMissingOnesAreNoError) {
  WriteFile(directory_.path() / "BIT1.tmp", "x");
  WriteFile(directory_.path() / "f", "old");
  EXPECT_TRUE(Finish({Drop(Target("f"))}).front());
  EXPECT_FALSE(fs::exists(directory_.path() / "BIT1.tmp"));
  EXPECT_EQ(ReadFile(directory_.path() / "f"), "old");
  EXPECT_TRUE(Finish({Drop(Target("f"))}).front());
  EXPECT_TRUE(Finish({Drop(Target("f", {"missing"}))}).front());
  LocalTarget made = Target("f", {"missing"});
  made.create_directories = true;
  EXPECT_TRUE(Finish({Drop(made)}).front());
  EXPECT_FALSE(fs::exists(directory_.path() / "missing"));
}

TEST_F(DiskTest, EachFileHasItsOwnStatusInOrder) {
  fs::create_directory(directory_.path() / "sub");
  WriteFile(directory_.path() / "BIT1.tmp", "a");
  WriteFile(directory_.path() / "sub" / "BIT1.tmp", "b");
  const auto statuses =
      Finish({Keep(Target("f", {"missing"})), Keep(Target("f")), Keep(Target("g", {"sub"}))});
  ASSERT_EQ(statuses.size(), 3u);
  EXPECT_FALSE(statuses[0]);
  EXPECT_TRUE(statuses[1]);
  EXPECT_TRUE(statuses[2]);
  EXPECT_EQ(ReadFile(directory_.path() / "sub" / "g"), "b");
}

// Around the number from which files are synced together.
TEST_F(DiskTest, ManyFilesAreFinishedAsFewAre) {
  for (const int count : {15, 16, 17}) {
    std::vector<FileWork> files;
    const fs::path folder = directory_.path() / std::to_string(count);
    fs::create_directory(folder);
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      LocalTarget target = Target("f" + number, {std::to_string(count)});
      WriteFile(folder / (number + ".tmp"), number);
      files.push_back({std::move(target), number + ".tmp", i != 3, std::nullopt});
    }
    fs::remove(folder / "5.tmp");
    const auto statuses = Finish(files);
    for (int i = 0; i < count; ++i) {
      const fs::path path = folder / ("f" + std::to_string(i));
      EXPECT_EQ(statuses[i].has_value(), i != 5);
      EXPECT_EQ(fs::exists(path), i != 3 && i != 5);
      EXPECT_FALSE(fs::exists(folder / (std::to_string(i) + ".tmp")));
      struct stat found {};
      if (::stat(path.c_str(), &found) != 0) continue;
      EXPECT_EQ(found.st_mode & 07777, FileMode(Target("f")));
    }
  }
}

}  // namespace
}  // namespace engine::transfer
