#include "wsman/auth/gss_ticket.h"

#include <gtest/gtest.h>

#include "wsman/auth/der.h"
#include "wsman/auth/spnego.h"

namespace wsman::auth::gss {
namespace {

constexpr char kAes256 = 18;
constexpr char kRc4 = 23;

std::string Integer(char value) { return DerValue(0x02, std::string(1, value)); }

std::string Encrypted(char type) {
  return DerValue(kDerSequence, DerValue(DerContext(0), Integer(type)) +
                                    DerValue(DerContext(2), DerValue(kDerOctetString, "secret")));
}

std::string Ticket(char type) {
  return DerValue(
      0x61, DerValue(kDerSequence, DerValue(DerContext(0), Integer(5)) +
                                       DerValue(DerContext(1), DerValue(0x1B, "R.TEST")) +
                                       DerValue(DerContext(2), DerValue(kDerSequence, "name")) +
                                       DerValue(DerContext(3), Encrypted(type))));
}

std::string ApReq(const std::string& ticket, char authenticator) {
  return DerValue(
      0x6E, DerValue(kDerSequence,
                     DerValue(DerContext(0), Integer(5)) + DerValue(DerContext(1), Integer(14)) +
                         DerValue(DerContext(2), DerValue(0x03, std::string(5, '\0'))) +
                         DerValue(DerContext(3), ticket) +
                         DerValue(DerContext(4), Encrypted(authenticator))));
}

std::string Frame(const std::string& content) {
  return DerValue(kDerApplication0, DerValue(kDerOid, spnego::kKerberosOid) + content);
}

std::string Token(char ticket, char authenticator) {
  return Frame(std::string("\x01\x00", 2) + ApReq(Ticket(ticket), authenticator));
}

TEST(GssTicketTest, FourTypesAreAes) {
  for (int type = -200; type < 200; ++type) EXPECT_EQ(IsAes(type), type >= 17 && type <= 20);
}

TEST(GssTicketTest, TicketAndAuthenticatorMustBeOfAes) {
  EXPECT_TRUE(HasAesTicket(Token(kAes256, kAes256)));
  EXPECT_FALSE(HasAesTicket(Token(kRc4, kAes256)));
  EXPECT_FALSE(HasAesTicket(Token(kAes256, kRc4)));
  EXPECT_FALSE(HasAesTicket(Token(-kAes256, kAes256)));
}

TEST(GssTicketTest, OnlyTheFirstTokenOfKerberosIsRead) {
  const std::string request = ApReq(Ticket(kAes256), kAes256);
  EXPECT_FALSE(HasAesTicket(request));
  EXPECT_FALSE(HasAesTicket(Frame(request)));
  EXPECT_FALSE(HasAesTicket(Frame(std::string("\x02\x00", 2) + request)));
  EXPECT_FALSE(HasAesTicket(Token(kAes256, kAes256) + "more"));
  EXPECT_FALSE(HasAesTicket(Frame(std::string("\x01\x00", 2) + request + "more")));
}

TEST(GssTicketTest, NoPartOfATokenIsOne) {
  const std::string token = Token(kAes256, kAes256);
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(HasAesTicket(token.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace wsman::auth::gss
