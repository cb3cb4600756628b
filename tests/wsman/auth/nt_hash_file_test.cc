#include "wsman/auth/nt_hash_file.h"

#include <gmock/gmock.h>

#include "wsman/auth/hex.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/secret_files_fixture.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHash[] = "a4f49c406510bdcab6824ee7c30fd852";  // of "Password"

class NtHashFileTest : public SecretFilesTest {
 protected:
  NtHashFileTest() { file_ = NtHashFileOf(users_); }

  std::string ReadError() const {
    const auto accounts = ReadNtHashFile(file_);
    return accounts ? "" : accounts.error();
  }
  // The hash that the file has for the user, as text.
  std::string HashOf(std::string_view name) const {
    const auto accounts = ReadNtHashFile(file_);
    const auto account = accounts ? FindAccount(*accounts, name) : std::nullopt;
    return account ? ToHex(account->nt_hash) : "none";
  }
};

TEST_F(NtHashFileTest, LiesBesideTheUsersFile) {
  EXPECT_EQ(NtHashFileOf("/etc/bitsd/users"), "/etc/bitsd/users.ntlm");
}

TEST_F(NtHashFileTest, LinesAreAccounts) {
  Write(std::string("# NTLM\n\nalice:") + kHash + "\nbob:A4F49C406510BDCAB6824EE7C30FD852\r\n");
  EXPECT_EQ(HashOf("alice"), kHash);
  EXPECT_EQ(HashOf("bob"), kHash);
  EXPECT_EQ(HashOf("Alice"), "none");
  EXPECT_EQ(HashOf(""), "none");
}

TEST_F(NtHashFileTest, WithoutAFileThereAreNoAccounts) {
  EXPECT_EQ(ReadError(), "");
  EXPECT_EQ(HashOf("alice"), "none");
}

TEST_F(NtHashFileTest, MistakesAreNamedWithFileAndLineButWithoutTheHash) {
  const std::string good = kHash;
  for (const std::string& line :
       {std::string("alice"), "alice:" + good + ":", "alice:" + good.substr(1),
        "alice:" + good + "0", "alice:+4" + good.substr(2), "alice:0x" + good.substr(2),
        "alice: " + good.substr(1), ":" + good, "a\\b:" + good, std::string("alice:")}) {
    Write("# first\n" + line + "\n");
    EXPECT_THAT(ReadError(), HasSubstr(file_.string() + " line 2: ")) << line;
    EXPECT_THAT(ReadError(), Not(HasSubstr(good.substr(4)))) << line;
  }
  Write("alice:" + good + "\nalice:" + good + "\n");
  EXPECT_THAT(ReadError(), HasSubstr("line 2: user alice appears twice"));
}

TEST_F(NtHashFileTest, LooserPermissionsAreRefused) {
  const std::string text = std::string("alice:") + kHash + "\n";
  for (const mode_t mode : {0400, 0600}) {
    Write(text, mode);
    EXPECT_EQ(ReadError(), "") << std::oct << mode;
    std::filesystem::remove(file_);
  }
  for (const mode_t mode : {0640, 0604, 0644, 0610, 0601, 0700, 0660}) {
    Write(text, mode);
    EXPECT_THAT(ReadError(), HasSubstr("chmod 600")) << std::oct << mode;
    EXPECT_FALSE(SetNtHash(file_, "alice", "x"));
  }
}

TEST_F(NtHashFileTest, OnlyRegularFilesAreRead) {
  std::filesystem::create_directory(file_);
  EXPECT_THAT(ReadError(), HasSubstr("NT hash file " + file_.string()));
}

TEST_F(NtHashFileTest, SettingAddsOrReplacesAndKeepsTheRest) {
  ASSERT_TRUE(SetNtHash(file_, "alice", "Password"));
  EXPECT_EQ(Text(), std::string("alice:") + kHash + "\n");
  EXPECT_EQ(Mode(), 0600U);

  Write("# keep\nbob:" + std::string(32, '0') + "\nalice:" + std::string(32, '1') + "\n");
  ASSERT_TRUE(SetNtHash(file_, "bob", "Password"));
  ASSERT_TRUE(SetNtHash(file_, "carol", "Password"));
  EXPECT_EQ(Text(), std::string("# keep\nbob:") + kHash + "\nalice:" + std::string(32, '1') +
                        "\ncarol:" + kHash + "\n");
}

TEST_F(NtHashFileTest, RemovingTakesOneLine) {
  EXPECT_TRUE(RemoveNtHash(file_, "alice"));
  EXPECT_FALSE(std::filesystem::exists(file_));
  Write(std::string("# keep\nalice:") + kHash + "\nal:" + kHash + "\n");
  EXPECT_TRUE(RemoveNtHash(file_, "bob"));
  EXPECT_TRUE(RemoveNtHash(file_, "al"));
  EXPECT_EQ(Text(), std::string("# keep\nalice:") + kHash + "\n");
  EXPECT_TRUE(RemoveNtHash(file_, "alice"));
  EXPECT_EQ(Text(), "# keep\n");
}

TEST_F(NtHashFileTest, BadNamesAndPasswordsAndFilesWithMistakesAreLeftAlone) {
  for (const char* name : {"", "a:b", "a\\b", "#a", "a\nb"}) {
    EXPECT_FALSE(SetNtHash(file_, name, "x")) << name;
  }
  EXPECT_FALSE(SetNtHash(file_, "alice", ""));
  EXPECT_FALSE(SetNtHash(file_, "alice", "\xFF"));
  EXPECT_FALSE(std::filesystem::exists(file_));
  Write("mistake\n");
  EXPECT_FALSE(SetNtHash(file_, "alice", "x"));
  EXPECT_FALSE(RemoveNtHash(file_, "alice"));
  EXPECT_EQ(Text(), "mistake\n");
}

TEST_F(NtHashFileTest, APasswordGetsAnNtHashOnlyWhenAskedFor) {
  ASSERT_TRUE(SetPassword(users_, "alice", "Password"));
  EXPECT_FALSE(std::filesystem::exists(file_));
  ASSERT_TRUE(SetPassword(users_, "alice", "Password", NtHashChoice::kWrite));
  EXPECT_EQ(HashOf("alice"), kHash);
  EXPECT_TRUE(MatchesHash("Password", ReadUserFile(users_)->front().hash));
}

TEST_F(NtHashFileTest, TheHashOfAnOldPasswordDoesNotStay) {
  ASSERT_TRUE(SetPassword(users_, "alice", "Password", NtHashChoice::kWrite));
  ASSERT_TRUE(SetPassword(users_, "bob", "Password", NtHashChoice::kWrite));
  ASSERT_TRUE(SetPassword(users_, "alice", "other"));
  EXPECT_EQ(HashOf("alice"), "none");
  EXPECT_EQ(HashOf("bob"), kHash);
  ASSERT_TRUE(SetPassword(users_, "bob", "other", NtHashChoice::kWrite));
  EXPECT_EQ(HashOf("bob"), ToHex(*ntlm::NtHash("other")));
}

TEST_F(NtHashFileTest, APasswordThatNtlmCannotTakeChangesNothing) {
  ASSERT_TRUE(SetPassword(users_, "alice", "Password", NtHashChoice::kWrite));
  EXPECT_FALSE(SetPassword(users_, "alice", "caf\xE9", NtHashChoice::kWrite));
  EXPECT_EQ(HashOf("alice"), kHash);
  EXPECT_TRUE(MatchesHash("Password", ReadUserFile(users_)->front().hash));
  EXPECT_TRUE(SetPassword(users_, "alice", "caf\xE9")) << "Basic takes it";
}

}  // namespace
}  // namespace wsman::auth
