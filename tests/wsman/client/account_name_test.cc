#include "wsman/client/account_name.h"

#include <gtest/gtest.h>

namespace wsman::client {
namespace {

TEST(AccountNameTest, ADomainStandsBeforeTheNameOrStaysBehindIt) {
  EXPECT_EQ(ParseAccountName("u").user, "u");
  EXPECT_EQ(ParseAccountName("u").domain, "");
  EXPECT_EQ(ParseAccountName("DOM\\u").user, "u");
  EXPECT_EQ(ParseAccountName("DOM\\u").domain, "DOM");
  EXPECT_EQ(ParseAccountName("u@dom.example").user, "u@dom.example");
  EXPECT_EQ(ParseAccountName("u@dom.example").domain, "");
}

TEST(AccountNameTest, ADotIsTheHostItself) {
  EXPECT_EQ(ParseAccountName(".\\u").user, "u");
  EXPECT_EQ(ParseAccountName(".\\u").domain, "");
  EXPECT_EQ(ParseAccountName("\\u").user, "u");
}

TEST(AccountNameTest, ATicketIsTheUsersUnderEverySpelling) {
  for (const char* text : {"alice", "Alice", "CORP\\alice", "corp.example\\alice",
                           "alice@CORP.EXAMPLE", "alice@corp", ".\\alice"}) {
    EXPECT_TRUE(NamesPrincipal(text, "alice@CORP.EXAMPLE")) << text;
  }
}

TEST(AccountNameTest, ATicketOfAnybodyElseIsNot) {
  for (const char* text :
       {"bob", "alic", "OTHER\\alice", "alice@other.example", "CORP.EX\\alice"}) {
    EXPECT_FALSE(NamesPrincipal(text, "alice@CORP.EXAMPLE")) << text;
  }
  EXPECT_FALSE(NamesPrincipal("alice", "alice"));
}

}  // namespace
}  // namespace wsman::client
