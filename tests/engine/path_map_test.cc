#include "engine/path_map.h"

#include <array>
#include <ostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/text.h"

namespace engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using std::string_view_literals::operator""sv;

PathOptions Paths() {
  PathOptions paths;
  paths.drives = {{"C", "/state/drives/c"}, {"d", "/data"}};
  paths.shares = {{"\\\\server\\share", "/srv/share"}, {"\\\\nas\\Public$", "/srv/public"}};
  paths.roots = {"/var/spool/jobs", "/var/spool/jobs/deep", "/home/user/"};
  return paths;
}

// "root|directory/…/name", or the refusal.
std::string Map(std::string_view name, const PathOptions& paths = Paths(),
                const LimitOptions& limits = {}) {
  const auto target = MapLocalName(name, paths, limits);
  if (!target) {
    EXPECT_EQ(target.error().code, HResult::kInvalidArgument);
    return target.error().message;
  }
  std::string text = target->root.native() + "|";
  for (const std::string& directory : target->directories) text += directory + "/";
  return text + target->name;
}

struct Accepted {
  std::string_view name;
  std::string_view target;
};

constexpr auto kAccepted = std::to_array<Accepted>({
    {"C:\\file.bin", "/state/drives/c|file.bin"},
    {"c:\\file.bin", "/state/drives/c|file.bin"},
    {"C:\\temp\\a\\b\\file", "/state/drives/c|temp/a/b/file"},
    {"C:/temp/file", "/state/drives/c|temp/file"},
    {"C:\\temp/mixed\\file", "/state/drives/c|temp/mixed/file"},
    {"D:\\x", "/data|x"},
    {"d:\\x", "/data|x"},
    {"C:\\Program Files\\My App\\a b.txt", "/state/drives/c|Program Files/My App/a b.txt"},
    {"C:\\ leading", "/state/drives/c| leading"},
    {"C:\\.hidden", "/state/drives/c|.hidden"},
    {"C:\\..a", "/state/drives/c|..a"},
    {"C:\\...a", "/state/drives/c|...a"},
    {"C:\\PROGRA~1\\x", "/state/drives/c|PROGRA~1/x"},
    {"C:\\a'b&c(d)%e$f@g!h#i;j,k=l+m[n]{o}^p`q",
     "/state/drives/c|a'b&c(d)%e$f@g!h#i;j,k=l+m[n]{o}^p`q"},
    {"C:\\\u00FCml\u00E4ut\\\u6587\u4EF6.txt", "/state/drives/c|\u00FCml\u00E4ut/\u6587\u4EF6.txt"},
    {"C:\\\U0001F600", "/state/drives/c|\U0001F600"},
    {"C:\\console", "/state/drives/c|console"},
    {"C:\\xcon", "/state/drives/c|xcon"},
    {"C:\\con1", "/state/drives/c|con1"},
    {"C:\\com", "/state/drives/c|com"},
    {"C:\\com0", "/state/drives/c|com0"},
    {"C:\\com10", "/state/drives/c|com10"},
    {"C:\\lpt", "/state/drives/c|lpt"},
    {"C:\\null", "/state/drives/c|null"},
    {"C:\\auxiliary.txt", "/state/drives/c|auxiliary.txt"},
    {"C:\\a.con", "/state/drives/c|a.con"},
    {"C:\\com\u2074", "/state/drives/c|com\u2074"},
    {"C:\\$Recycle.Bin\\x", "/state/drives/c|$Recycle.Bin/x"},
    {"\\\\server\\share\\file", "/srv/share|file"},
    {"\\\\SERVER\\Share\\dir\\file", "/srv/share|dir/file"},
    {"\\\\server\\share/dir/file", "/srv/share|dir/file"},
    {"\\\\nas\\public$\\x", "/srv/public|x"},
    {"/var/spool/jobs/a", "/var/spool/jobs|a"},
    {"/var/spool/jobs/a/b/c", "/var/spool/jobs|a/b/c"},
    {"/var/spool/jobs/deep/b", "/var/spool/jobs/deep|b"},
    {"/var/spool/jobs/deeper/b", "/var/spool/jobs|deeper/b"},
    {"/var/spool/jobs/deep", "/var/spool/jobs|deep"},
    {"/home/user/x", "/home/user/|x"},
    {"/var/spool/jobs/con", "/var/spool/jobs|con"},
    {"/var/spool/jobs/a:b", "/var/spool/jobs|a:b"},
    {"/var/spool/jobs/ends in dot.", "/var/spool/jobs|ends in dot."},
    {"/var/spool/jobs/<\"|>", "/var/spool/jobs|<\"|>"},
});

TEST(PathMapTest, NamesBelowConfiguredRootsLeadThere) {
  for (const auto& [name, target] : kAccepted) EXPECT_EQ(Map(name), target) << Quoted(name);
}

struct Refused {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view kRelative = "is relative";
constexpr std::string_view kDots = "has \".\" or \"..\"";
constexpr std::string_view kDevice = "names a device";
constexpr std::string_view kPrefix = "without this prefix";
constexpr std::string_view kStream = "streams are not supported";
constexpr std::string_view kWildcard = "has a wildcard";
constexpr std::string_view kTrailing = "ends in a dot or blank";
constexpr std::string_view kControl = "has a control character";
constexpr std::string_view kUtf8 = "is not valid UTF-8";
constexpr std::string_view kDirectory = "names a directory";
constexpr std::string_view kEmptyPart = "has two separators in a row";
constexpr std::string_view kCharacter = "does not allow in names";
constexpr std::string_view kRoots = "is not below a permitted directory";
constexpr std::string_view kDrive = "leads nowhere";
constexpr std::string_view kShare = "on a share that leads nowhere";
constexpr std::string_view kIncomplete = "is not complete";

constexpr auto kRefused = std::to_array<Refused>({
    {"", "is empty"},
    {"file", kRelative},
    {"dir\\file", kRelative},
    {"dir/file", kRelative},
    {".", kRelative},
    {"..", kRelative},
    {"..\\file", kRelative},
    {"../file", kRelative},
    {"\\", kRelative},
    {"\\file", kRelative},
    {"\\dir\\file", kRelative},
    {"\\/server/share/x", kRelative},
    {" C:\\file", kRelative},
    {"C", kRelative},
    {"C:", kRelative},
    {"C:file", kRelative},
    {"C:dir\\file", kRelative},
    {"C:..\\file", kRelative},
    {"C:.", kRelative},
    {"1:\\file", kRelative},
    {"::\\file", kRelative},
    {"CC:\\file", kRelative},
    {"\u00C7:\\file", kRelative},
    {"file:///c:/x", kRelative},
    {"E:\\file", kDrive},
    {"z:\\file", kDrive},
    {"e:/file", kDrive},
    {"C:\\", kDirectory},
    {"C:/", kDirectory},
    {"C:\\dir\\", kDirectory},
    {"C:\\dir/", kDirectory},
    {"C:\\dir\\\\", kDirectory},
    {"C:\\..", kDots},
    {"C:\\.", kDots},
    {"C:\\..\\file", kDots},
    {"C:\\.\\file", kDots},
    {"C:\\dir\\..\\file", kDots},
    {"C:\\dir\\..", kDots},
    {"C:\\..\\..\\..\\etc\\passwd", kDots},
    {"C:/../../etc/passwd", kDots},
    {"C:\\dir/../../x", kDots},
    {"C:\\...", kTrailing},
    {"C:\\.. \\x", kTrailing},
    {"C:\\. \\x", kTrailing},
    {"C:\\dir.\\x", kTrailing},
    {"C:\\dir \\x", kTrailing},
    {"C:\\x.", kTrailing},
    {"C:\\x ", kTrailing},
    {"C:\\x. .", kTrailing},
    {"C:\\ ", kTrailing},
    {"C:\\\\x", kEmptyPart},
    {"C:\\dir\\\\x", kEmptyPart},
    {"C://x", kEmptyPart},
    {"C:\\/x", kEmptyPart},
    {"C:\\CON", kDevice},
    {"C:\\con", kDevice},
    {"C:\\Con.txt", kDevice},
    {"C:\\CON.tar.gz", kDevice},
    {"C:\\CON .txt", kDevice},
    {"C:\\con\\file", kDevice},
    {"C:\\dir\\nul", kDevice},
    {"C:\\NUL.bin", kDevice},
    {"C:\\prn", kDevice},
    {"C:\\AUX.h", kDevice},
    {"C:\\COM1", kDevice},
    {"C:\\com9.log", kDevice},
    {"C:\\COM\u00B9", kDevice},
    {"C:\\COM\u00B2.txt", kDevice},
    {"C:\\LPT\u00B3", kDevice},
    {"C:\\LPT1", kDevice},
    {"C:\\lpt9.x", kDevice},
    {"C:\\CONIN$", kDevice},
    {"C:\\conout$.txt", kDevice},
    {"C:\\CLOCK$", kDevice},
    {"\\\\server\\share\\nul", kDevice},
    {"C:\\file:stream", kStream},
    {"C:\\file::$DATA", kStream},
    {"C:\\dir:x\\file", kStream},
    {"C:\\C:\\file", kStream},
    {"C:\\:", kStream},
    {"C:\\*", kWildcard},
    {"C:\\a*.txt", kWildcard},
    {"C:\\a?.txt", kWildcard},
    {"C:\\d*r\\x", kWildcard},
    {"/var/spool/jobs/*", kWildcard},
    {"/var/spool/jobs/a?", kWildcard},
    {"C:\\a<b", kCharacter},
    {"C:\\a>b", kCharacter},
    {"C:\\a|b", kCharacter},
    {"C:\\\"a\"", kCharacter},
    {"C:\\a\0b"sv, kControl},
    {"C:\\a.txt\0.exe"sv, kControl},
    {"C:\\a\nb", kControl},
    {"C:\\a\rb", kControl},
    {"C:\\a\tb", kControl},
    {"C:\\a\x1F"
     "b",
     kControl},
    {"C:\\a\x7F"
     "b",
     kControl},
    {"C:\\a\u0085b", kControl},
    {"C:\\gpj\u202Eexe", kControl},
    {"/var/spool/jobs/a\nb", kControl},
    {"/var/spool/jobs/a\0b"sv, kControl},
    {"C:\\a\xFF", kUtf8},
    {"C:\\\xC0\xAE\xC0\xAE\\x", kUtf8},
    {"C:\\\xED\xA0\x80", kUtf8},
    {"C:\\\xE2\x82", kUtf8},
    {"\xFF", kUtf8},
    {"/var/spool/jobs/\xC0\xAF", kUtf8},
    {"\\\\?\\C:\\file", kPrefix},
    {"\\\\.\\C:\\file", kPrefix},
    {"\\\\.\\PhysicalDrive0", kPrefix},
    {"\\\\.\\pipe\\x", kPrefix},
    {"\\\\?\\UNC\\server\\share\\x", kPrefix},
    {"\\\\?\\GLOBALROOT\\Device\\x", kPrefix},
    {"\\??\\C:\\file", kPrefix},
    {"//?/C:/file", kPrefix},
    {"//./C:/file", kPrefix},
    {"\\/?\\C:\\file", kPrefix},
    {"\\\\?", kPrefix},
    {"\\\\.", kPrefix},
    {"\\\\", kIncomplete},
    {"\\\\server", kIncomplete},
    {"\\\\server\\", kIncomplete},
    {"\\\\\\share\\x", kIncomplete},
    {"\\\\server\\\\x", kIncomplete},
    {"\\\\server\\share", kDirectory},
    {"\\\\server\\share\\", kDirectory},
    {"\\\\server\\share\\..\\x", kDots},
    {"\\\\server\\share\\..", kDots},
    {"\\\\server\\share\\\\x", kEmptyPart},
    {"\\\\server\\share2\\x", kShare},
    {"\\\\server\\shar\\x", kShare},
    {"\\\\server2\\share\\x", kShare},
    {"\\\\server.\\share\\x", kShare},
    {"\\\\server@80\\share\\x", kShare},
    {"\\\\..\\share\\x", kShare},
    {"/", kRoots},
    {"/etc/passwd", kRoots},
    {"/var/spool/jobs", kRoots},
    {"/var/spool/jobs2/x", kRoots},
    {"/var/spool/job", kRoots},
    {"/var/spool/JOBS/x", kRoots},
    {"/var/spool/../spool/jobs/x", kRoots},
    {"//var/spool/jobs/x", kRoots},
    {"//server/share/x", kRoots},
    {"/VAR/spool/jobs/x", kRoots},
    {"/home/user", kRoots},
    {"/home/user2/x", kRoots},
    {"/var/spool/jobs/", kDirectory},
    {"/var/spool/jobs/dir/", kDirectory},
    {"/var/spool/jobs/..", kDots},
    {"/var/spool/jobs/../x", kDots},
    {"/var/spool/jobs/./x", kDots},
    {"/var/spool/jobs/deep/../../x", kDots},
    {"/var/spool/jobs/a/..", kDots},
    {"/var/spool/jobs//x", kEmptyPart},
    {"/var/spool/jobs/a//x", kEmptyPart},
    {"/var/spool/jobs/..\\..\\x", "has a backslash"},
    {"/var/spool/jobs/a\\b", "has a backslash"},
});
static_assert(kAccepted.size() + kRefused.size() >= 120);

TEST(PathMapTest, EveryOtherNameIsRefusedWithAReason) {
  for (const auto& [name, reason] : kRefused) {
    EXPECT_THAT(Map(name), HasSubstr(std::string(reason))) << Quoted(name);
  }
}

TEST(PathMapTest, RefusalsCarryNoControlCharacters) {
  for (const auto& refused : kRefused) {
    const std::string message = Map(refused.name);
    for (std::string_view rest = message; !rest.empty();) {
      const auto character = FirstCodePoint(rest);
      ASSERT_TRUE(character && !IsControl(character->value)) << message;
      rest.remove_prefix(character->bytes);
    }
  }
}

TEST(PathMapTest, WindowsPlacesMayGetDirectoriesAndPosixRootsNot) {
  PathOptions paths = Paths();
  EXPECT_TRUE(MapLocalName("C:\\a\\b", paths, {})->create_directories);
  EXPECT_TRUE(MapLocalName("\\\\server\\share\\a\\b", paths, {})->create_directories);
  EXPECT_FALSE(MapLocalName("/var/spool/jobs/a/b", paths, {})->create_directories);
  EXPECT_EQ(MapLocalName("C:\\a\\b", paths, {})->umask, 0077U);
  paths.umask = 0022;
  EXPECT_EQ(MapLocalName("C:\\a\\b", paths, {})->umask, 0022U);
  EXPECT_EQ(MapLocalName("\\\\server\\share\\a\\b", paths, {})->umask, 0022U);
  EXPECT_EQ(MapLocalName("/var/spool/jobs/a/b", paths, {})->umask, 0022U);
  paths.create_directories = false;
  EXPECT_FALSE(MapLocalName("C:\\a\\b", paths, {})->create_directories);
}

TEST(PathMapTest, TheRootDirectoryIsARootOnlyWhenItIsConfigured) {
  PathOptions paths;
  EXPECT_THAT(Map("/etc/x", paths), HasSubstr("not below a permitted directory"));
  EXPECT_THAT(Map("C:\\x", paths), HasSubstr("leads nowhere"));
  paths.roots = {"/"};
  EXPECT_EQ(Map("/etc/x", paths), "/|etc/x");
  EXPECT_THAT(Map("//etc/x", paths), HasSubstr("two separators"));
}

TEST(PathMapTest, ComponentsHaveAtMost255Bytes) {
  const LimitOptions limits{.local_name_characters = 10'000};
  EXPECT_EQ(Map("C:\\" + std::string(254, 'x'), Paths(), limits).size(), 16u + 254u);
  EXPECT_EQ(Map("C:\\" + std::string(255, 'x'), Paths(), limits).size(), 16u + 255u);
  EXPECT_THAT(Map("C:\\" + std::string(256, 'x'), Paths(), limits), HasSubstr("255 bytes"));
  std::string wide;
  for (int i = 0; i < 86; ++i) wide += "\u20AC";  // 258 bytes, 86 characters
  EXPECT_THAT(Map("C:\\" + wide + "\\x", Paths(), limits), HasSubstr("255 bytes"));
}

TEST(PathMapTest, NamesHaveAtMost260Characters) {
  const auto name = [](std::size_t length) {
    return "C:\\" + std::string(100, 'd') + "\\" + std::string(length - 104, 'f');
  };
  EXPECT_THAT(Map(name(259)), Not(HasSubstr("local name")));
  EXPECT_THAT(Map(name(260)), Not(HasSubstr("local name")));
  EXPECT_THAT(Map(name(261)), HasSubstr("has 261 characters; at most 260 are allowed"));
}

TEST(PathMapTest, PathsHaveAtMost4095Bytes) {
  const LimitOptions limits{.local_name_characters = 10'000};
  const auto name = [](std::size_t length) {
    std::string rest;
    while (rest.size() + 101 < length) rest += std::string(100, 'd') + "\\";
    return "C:\\" + rest + std::string(length - rest.size(), 'f');
  };
  EXPECT_THAT(Map(name(4'094), Paths(), limits), Not(HasSubstr("local name")));
  EXPECT_THAT(Map(name(4'095), Paths(), limits), Not(HasSubstr("local name")));
  EXPECT_THAT(Map(name(4'096), Paths(), limits), HasSubstr("longer than 4095 bytes"));
}

}  // namespace
}  // namespace engine
