#include "wsman/auth/user_groups.h"

#include <gmock/gmock.h>

#include "wsman/auth/secret_files_fixture.h"

namespace wsman::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UserGroupsTest : public SecretFilesTest {
 protected:
  UserGroups groups_{users_};
};

TEST_F(UserGroupsTest, TheyAreThoseOfExactlyThisName) {
  Write("alice:*:ops,staff\nalice@EXAMPLE.COM:*:boss\nbob:*\n");
  EXPECT_THAT(groups_.Of("alice"), ElementsAre("ops", "staff"));
  EXPECT_THAT(groups_.Of("alice@EXAMPLE.COM"), ElementsAre("boss"));
  for (const char* name : {"bob", "Alice", "ALICE", "alice@example.com", "alice@OTHER.COM",
                           "alice@", "\\alice", "EXAMPLE\\alice", "alice ", "alic", ""}) {
    EXPECT_THAT(groups_.Of(name), IsEmpty()) << name;
  }
}

TEST_F(UserGroupsTest, AChangeOfTheFileCountsAtOnce) {
  EXPECT_THAT(groups_.Of("alice"), IsEmpty()) << "there is no file";
  Write("alice:*:ops\n");
  EXPECT_THAT(groups_.Of("alice"), ElementsAre("ops"));
  Write("alice:*:o\n");
  EXPECT_THAT(groups_.Of("alice"), ElementsAre("o"));
  std::filesystem::remove(users_);
  EXPECT_THAT(groups_.Of("alice"), IsEmpty());
}

TEST_F(UserGroupsTest, AFileWithAMistakeGivesNone) {
  Write("alice:*:ops\nmistake\n");
  EXPECT_THAT(groups_.Of("alice"), IsEmpty());
  Write("alice:*:ops\n");
  EXPECT_THAT(groups_.Of("alice"), ElementsAre("ops"));
  Write("alice:*:ops\n\n", 0644);
  EXPECT_THAT(groups_.Of("alice"), IsEmpty()) << "others may read it";
}

}  // namespace
}  // namespace wsman::auth
