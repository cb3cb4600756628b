#include "wsman/http/date_text.h"

#include <gtest/gtest.h>

namespace wsman::http {
namespace {

TEST(DateTextTest, ADateIsWrittenAsHttpWantsIt) {
  DateText date;
  EXPECT_EQ(date.At(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(784'111'778), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.At(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date.At(4'102'444'800), "Fri, 01 Jan 2100 00:00:00 GMT");
}

}  // namespace
}  // namespace wsman::http
