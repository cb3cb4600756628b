#include "wsman/auth/account_name.h"

#include <gmock/gmock.h>

#include <optional>

namespace wsman::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Spelling {
  std::string_view user;
  std::string_view domain;   // of the NTLM message; empty for Basic
  std::string_view account;  // empty: nobody
};

constexpr std::string_view kNul("alice\0", 6);

// What a client may write, and whose password it is then compared with.
constexpr Spelling kSpellings[] = {
    // The same account in every spelling that scripts use.
    {"alice", "", "alice"},
    {"alice", "CORP", "alice"},
    {"alice", "corp.example", "alice"},
    {"alice", ".", "alice"},
    {"\\alice", "", "alice"},
    {".\\alice", "", "alice"},
    {"CORP\\alice", "", "alice"},
    {"corp\\alice", "", "alice"},
    {"HOST\\alice", "OTHER", "alice"},
    {"alice@corp.example", "", "alice"},
    {"alice@corp.example", "CORP", "alice"},
    {"alice@", "", "alice"},
    // Names differ in case as little as those of Windows do.
    {"ALICE", "", "alice"},
    {"Alice", "CORP", "alice"},
    {"CORP\\ALICE", "", "alice"},
    {"aLiCe@CORP", "", "alice"},
    {"bob", "", "Bob"},
    {"BOB@x", "", "Bob"},
    // Unless accounts do: then only the exact name is one.
    {"dave", "", "dave"},
    {"Dave", "", "Dave"},
    {"DAVE", "", ""},
    {"CORP\\DAVE", "", ""},
    // An account may have the domain in its own name.
    {"carol@corp.example", "", "carol@corp.example"},
    {"Carol@Corp.Example", "", "carol@corp.example"},
    {"carol", "corp.example", "carol@corp.example"},
    {"corp.example\\carol", "", "carol@corp.example"},
    {"ANY\\carol@corp.example", "", "carol@corp.example"},
    {"carol", "", ""},
    {"carol@evil.example", "", ""},
    {"carol", "evil.example", ""},
    {"evil.example\\carol", "", ""},
    // A domain is no claim: these need the password of this machine's root.
    {"HOST-EVIL\\root", "", "root"},
    {"root@REALM", "", "root"},
    {"root", "EVIL", "root"},
    // Everything else is somebody else.
    {"", "", ""},
    {"", "CORP", ""},
    {"alice.", "", ""},
    {"alice ", "", ""},
    {" alice", "", ""},
    {"alice\t", "", ""},
    {kNul, "", ""},
    {"alice\n", "", ""},
    {"alic", "", ""},
    {"alicee", "", ""},
    {"CORP\\\\alice", "", ""},
    {"A\\B\\alice", "", ""},
    {"alice\\", "", ""},
    {"\\", "", ""},
    {"\\\\", "", ""},
    {"@", "", ""},
    {"@corp", "", ""},
    {"alice@a@b", "", ""},
    {"CORP\\alice@x", "", ""},
    {"CORP/alice", "", ""},
    {"alice/CORP", "", ""},
    {"uid=alice", "", ""},
    {"*", "", ""},
    {"ali*", "", ""},
    {"\xC3\xA1lice", "", ""},      // another first letter
    {"\xD0\xB0lice", "", ""},      // the Cyrillic letter that looks like it
    {"\xEF\xBD\x81lice", "", ""},  // its wide form
    {"al\xC4\xB1"
     "ce",
     "", ""},  // dotless i
    {"AL\xC4\xB0"
     "CE",
     "", ""},                       // dotted I
    {"a\xE2\x80\x8Blice", "", ""},  // a character without width
    {"jos\xC3\xA9", "", "jos\xC3\xA9"},
    {"JOS\xC3\xA9", "", "jos\xC3\xA9"},
    {"jos\xC3\x89", "", ""},   // letters beyond Z keep their case
    {"jose\xCC\x81", "", ""},  // the same letter in two characters
};

AccountTable<int> Accounts() {
  AccountTable<int> accounts;
  int number = 0;
  for (const char* name :
       {"alice", "Bob", "carol@corp.example", "root", "dave", "Dave", "jos\xC3\xA9"}) {
    accounts.Add(name, ++number);
  }
  return accounts;
}

TEST(AccountNameTest, EverySpellingIsOneAccountOrNobody) {
  const AccountTable<int> accounts = Accounts();
  for (const auto& [user, domain, account] : kSpellings) {
    const auto* const found = accounts.FindFirst(AccountNames(user, domain));
    EXPECT_EQ(found == nullptr ? "" : found->first, account) << user << " of " << domain;
  }
}

TEST(AccountNameTest, NamesAreTriedAsSentFirst) {
  EXPECT_THAT(AccountNames("u", ""), ElementsAre("u"));
  EXPECT_THAT(AccountNames("u", "D"), ElementsAre("u", "u@D"));
  EXPECT_THAT(AccountNames("u@d", ""), ElementsAre("u@d", "u"));
  EXPECT_THAT(AccountNames("u@d", "D"), ElementsAre("u@d", "u@d@D", "u"));
  EXPECT_THAT(AccountNames("D\\u@x", ""), ElementsAre("u@x", "u@x@D"));
  EXPECT_THAT(AccountNames("D\\u", "OTHER"), ElementsAre("u", "u@D"));
  EXPECT_THAT(AccountNames("@d", ""), ElementsAre("@d"));
  EXPECT_THAT(AccountNames("D\\", ""), IsEmpty());
  EXPECT_THAT(AccountNames("A\\B\\u", ""), IsEmpty());
}

TEST(AccountNameTest, GuessesAreCountedUnderOneKeyHoweverTheAccountIsSpelled) {
  for (const char* user : {"alice", "ALICE", "\\alice", ".\\alice", "D\\Alice", "alice@d"}) {
    EXPECT_EQ(AccountKey(user), "alice") << user;
  }
  EXPECT_EQ(AccountKey("@x"), "@x");
  EXPECT_EQ(AccountKey(""), "");
}

TEST(AccountTableTest, TheFirstOfTwoEqualNamesStays) {
  AccountTable<int> accounts;
  EXPECT_TRUE(accounts.empty());
  accounts.Add("alice", 1);
  accounts.Add("alice", 2);
  EXPECT_EQ(accounts.size(), 1U);
  EXPECT_EQ(accounts.Find("alice")->second, 1);
  EXPECT_EQ(accounts.Find("ALICE")->second, 1);
}

}  // namespace
}  // namespace wsman::auth
