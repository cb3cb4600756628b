// Sources that change, move or are no files. What holds in every case: nothing that
// mixes two versions is ever delivered.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <functional>
#include <future>
#include <ostream>

#include "tests/engine/transfer/upload_fixture.h"

namespace engine::transfer {
namespace {

using support::PatternBytes;
using ::testing::Contains;
using ::testing::IsEmpty;
using Kind = BitsFault::Kind;

constexpr std::size_t kSize = 500'000;

struct ChangeCase {
  const char* name;
  std::function<void(const std::filesystem::path&)> change;
  HResult expected = HResult::kLocalFileChanged;
};
void PrintTo(const ChangeCase& value, std::ostream* stream) { *stream << value.name; }

class ChangingSourceTest : public UploadTest, public ::testing::WithParamInterface<ChangeCase> {
 protected:
  // The change happens while the server has fragment `number` and has not answered.
  BitsFaults ChangesAt(int number) {
    return [this, number](const BitsPacket& packet) {
      if (packet.type == "Fragment" && packet.number == number)
        GetParam().change(SourcePath("source"));
      return BitsFault{};
    };
  }

  void ExpectRefused(int number) {
    WriteSource(PatternBytes(kSize));
    BitsOptions options;
    options.delivers_at_close = true;
    BitsServer server(options, ChangesAt(number));
    const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
    EXPECT_EQ(failed.error.code, GetParam().expected) << failed.error.message;
    EXPECT_EQ(failed.error.context, ErrorContext::kLocalFile);
    EXPECT_FALSE(failed.recoverable);
    EXPECT_THAT(server.Delivered(), IsEmpty());
    EXPECT_EQ(server.CountOf("Close-Session"), 0);
  }
};

TEST_P(ChangingSourceTest, EndsTheUploadInTheMiddle) { ExpectRefused(2); }
TEST_P(ChangingSourceTest, EndsTheUploadBeforeItIsClosed) { ExpectRefused(4); }

void Replace(const std::filesystem::path& path, const std::string& content) {
  WriteFile(path.string() + ".new", content);
  const timespec times[2] = {{0, UTIME_OMIT}, {1'700'000'000, 0}};
  ::utimensat(AT_FDCWD, (path.string() + ".new").c_str(), times, 0);
  std::filesystem::rename(path.string() + ".new", path);
}

std::vector<ChangeCase> Changes() {
  return {
      {"OtherBytes", [](const auto& path) { WriteFile(path, PatternBytes(kSize, 1)); }},
      {"Shorter", [](const auto& path) { std::filesystem::resize_file(path, 100); }},
      {"Emptied", [](const auto& path) { std::filesystem::resize_file(path, 0); }},
      {"Longer", [](const auto& path) { std::ofstream(path, std::ios::app) << "more"; }},
      {"Replaced", [](const auto& path) { Replace(path, PatternBytes(kSize, 1)); }},
      {"Touched", [](const auto& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }},
      {"Missing", [](const auto& path) { std::filesystem::remove(path); }, HResult::kFileNotFound},
      {"APipe",
       [](const auto& path) {
         std::filesystem::remove(path);
         ::mkfifo(path.c_str(), 0600);
       },
       HResult::kInvalidArgument},
      {"ADirectory",
       [](const auto& path) {
         std::filesystem::remove(path);
         std::filesystem::create_directory(path);
       },
       HResult::kInvalidArgument},
      {"ALink",
       [](const auto& path) {
         std::filesystem::rename(path, path.string() + ".moved");
         std::filesystem::create_symlink(path.string() + ".moved", path);
       },
       HResult::kAccessDenied},
  };
}
INSTANTIATE_TEST_SUITE_P(Change, ChangingSourceTest, ::testing::ValuesIn(Changes()),
                         [](const auto& info) { return info.param.name; });

class UploadSourceTest : public UploadTest {};

TEST_F(UploadSourceTest, AChangedFileIsSentAsItIsByTheNextAttempt) {
  WriteSource(PatternBytes(kSize));
  BitsServer server({}, [this](const BitsPacket& packet) {
    if (packet.type == "Fragment" && packet.number == 2) WriteSource(PatternBytes(600'000, 1));
    return BitsFault{};
  });
  const Upload upload = UploadTo(server.Url());
  ExpectFailed(RunUpload(upload));
  const UploadState state = StateAfter(upload);
  EXPECT_TRUE(state.session.id.empty());
  EXPECT_EQ(state.offset, 0u);
  EXPECT_THAT(server.packets(), Contains("Cancel-Session"));
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  ExpectStored(server, PatternBytes(600'000, 1));
}

TEST_F(UploadSourceTest, AFileThatChangedBetweenTwoAttemptsIsNotGoneOnWith) {
  WriteSource(PatternBytes(kSize));
  BitsServer server;
  UploadState state;
  state.session.id =
      server.MakeSession("/uploads/file.bin", PatternBytes(kSize).substr(0, 9), kSize);
  state.session.source = VersionOfSource();
  state.session.source.modified_ns += 1;
  state.offset = 9;
  const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url(), state)));
  EXPECT_EQ(failed.error.code, HResult::kLocalFileChanged);
  EXPECT_EQ(server.CountOf("Fragment"), 0);
  EXPECT_EQ(server.open_sessions(), 0u);
}

TEST_F(UploadSourceTest, AFileThatWasWrittenJustNowIsSentOnceItHasSettled) {
  WriteFile(SourcePath("source"), PatternBytes(kSize));
  BitsServer server;
  ExpectFinished(RunUpload(UploadTo(server.Url())));
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadSourceTest, AFileThatCannotBeGivenUpIsStillAChangedFile) {
  WriteSource(PatternBytes(kSize));
  BitsServer server({}, [this](const BitsPacket& packet) {
    if (packet.type == "Fragment" && packet.number == 2) WriteSource(PatternBytes(kSize + 1, 1));
    const bool cancel = packet.type == "Cancel-Session";
    return BitsFault{cancel ? Kind::kCutAtHead : Kind::kNone};
  });
  const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
  EXPECT_EQ(failed.error.code, HResult::kLocalFileChanged);
}

// --- CheckSource ------------------------------------------------------------------

class CheckSourceTest : public UploadTest {
 protected:
  CheckSourceTest() {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0711));
    WriteSource("abc");
  }

  Result<SourceVersion> Check(const LocalTarget& source, std::optional<SourceReader> reader = {}) {
    std::promise<Result<SourceVersion>> found;
    disk().CheckSource(source, std::move(reader), [&found](Result<SourceVersion> version) {
      found.set_value(std::move(version));
    });
    return found.get_future().get();
  }
  HResult CodeOf(const LocalTarget& source, std::optional<SourceReader> reader = {}) {
    const auto found = Check(source, std::move(reader));
    return found ? HResult::kOk : found.error().code;
  }
  void SetMode(unsigned mode, const std::string& name = "source") {
    std::filesystem::permissions(SourcePath(name), std::filesystem::perms(mode));
  }

  const std::uint32_t owner_ = ::geteuid();
  const std::uint32_t group_ = ::getegid();
  const std::uint32_t stranger_ = 54'321;
};

TEST_F(CheckSourceTest, TellsTheVersionOfTheFile) {
  const auto version = Check(Target("source"));
  ASSERT_TRUE(version);
  EXPECT_EQ(version->size, 3u);
  EXPECT_EQ(version->modified_ns, 1'700'000'000'000'000'000);
  EXPECT_NE(version->inode, 0u);
}

TEST_F(CheckSourceTest, OnlyRegularFilesBelowTheRootCount) {
  EXPECT_EQ(CodeOf(Target("missing")), HResult::kFileNotFound);
  LocalTarget below = Target("source");
  below.directories = {"none"};
  below.create_directories = true;
  EXPECT_EQ(CodeOf(below), HResult::kPathNotFound);
  EXPECT_FALSE(std::filesystem::exists(SourcePath("none")));
  std::filesystem::create_symlink(SourcePath("source"), SourcePath("link"));
  EXPECT_EQ(CodeOf(Target("link")), HResult::kAccessDenied);
  ::mkfifo(SourcePath("pipe").c_str(), 0600);
  EXPECT_EQ(CodeOf(Target("pipe")), HResult::kInvalidArgument);
  std::filesystem::create_directory(SourcePath("directory"));
  EXPECT_EQ(CodeOf(Target("directory")), HResult::kInvalidArgument);
  std::filesystem::create_directory_symlink(directory_.path(), SourcePath("way"));
  below.directories = {"way"};
  EXPECT_EQ(CodeOf(below), HResult::kAccessDenied);
}

TEST_F(CheckSourceTest, ModeBitsSayWhoMayReadIt) {
  const SourceReader stranger{stranger_, {}};
  const SourceReader member{stranger_, {7, group_}};
  for (const auto& [mode, by_stranger, by_member] :
       {std::tuple{0600u, false, false}, std::tuple{0640u, false, true},
        std::tuple{0644u, true, true}, std::tuple{0604u, true, false}}) {
    SetMode(mode);
    EXPECT_EQ(CodeOf(Target("source"), stranger) == HResult::kOk, by_stranger) << mode;
    EXPECT_EQ(CodeOf(Target("source"), member) == HResult::kOk, by_member) << mode;
    EXPECT_EQ(CodeOf(Target("source"), SourceReader{owner_, {}}), HResult::kOk);
    EXPECT_EQ(CodeOf(Target("source"), SourceReader{0, {}}), HResult::kOk);
  }
}

TEST_F(CheckSourceTest, DirectoriesOnTheWayCount) {
  SetMode(0644);
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0700));
  EXPECT_EQ(CodeOf(Target("source"), SourceReader{stranger_, {}}), HResult::kAccessDenied);
  EXPECT_EQ(CodeOf(Target("source"), SourceReader{owner_, {}}), HResult::kOk);
}

// An access list in the form of the kernel: all may do everything but the stranger.
// False: the file system has none.
bool LockOut(const std::filesystem::path& path, std::uint32_t stranger) {
  struct Entry {
    std::uint16_t tag;
    std::uint16_t rights;
    std::uint32_t id;
  };
  constexpr std::uint32_t kNobody = 0xFFFFFFFF;
  struct {
    std::uint32_t version = 2;
    std::array<Entry, 5> entries;
  } list;
  list.entries = {Entry{0x01, 7, kNobody}, Entry{0x02, 0, stranger}, Entry{0x04, 7, kNobody},
                  Entry{0x10, 7, kNobody}, Entry{0x20, 7, kNobody}};
  const int result = ::setxattr(path.c_str(), "system.posix_acl_access", &list, sizeof(list), 0);
  EXPECT_TRUE(result == 0 || errno == ENOTSUP) << errno;
  return result == 0;
}

TEST_F(CheckSourceTest, WithAnAccessListOnlyTheOwnersRightsAreCertain) {
  const SourceReader stranger{stranger_, {}};
  const SourceReader owner{owner_, {}};
  SetMode(0644);
  LocalTarget inside = Target("source");
  inside.directories = {"folder"};
  std::filesystem::create_directory(SourcePath("folder"));
  SetMode(0755, "folder");
  WriteSource("abc", "folder/source");
  SetMode(0644, "folder/source");
  ASSERT_EQ(CodeOf(Target("source"), stranger), HResult::kOk);
  ASSERT_EQ(CodeOf(inside, stranger), HResult::kOk);
  if (!LockOut(SourcePath("source"), stranger_) || !LockOut(SourcePath("folder"), stranger_))
    GTEST_SKIP() << "the file system of " << directory_.path() << " has no access lists";
  EXPECT_EQ(CodeOf(Target("source"), stranger), HResult::kAccessDenied);
  EXPECT_EQ(CodeOf(Target("source"), owner), HResult::kOk);
  EXPECT_EQ(CodeOf(inside, stranger), HResult::kAccessDenied);
  EXPECT_EQ(CodeOf(inside, owner), HResult::kOk);
}

TEST_F(CheckSourceTest, AnUploadOfAFileThatItsReaderMayNotReadIsRefused) {
  SetMode(0600);
  BitsServer server;
  Upload upload = UploadTo(server.Url());
  upload.reader = SourceReader{stranger_, {}};
  const Failed failed = ExpectFailed(RunUpload(upload));
  EXPECT_EQ(failed.error.code, HResult::kAccessDenied);
  EXPECT_EQ(failed.error.context, ErrorContext::kLocalFile);
  EXPECT_THAT(server.packets(), IsEmpty());
}

}  // namespace
}  // namespace engine::transfer
