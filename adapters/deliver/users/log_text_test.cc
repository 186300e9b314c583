#include "adapters/deliver/users/log_text.h"

#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

TEST(ForLog, LeavesAShortPlainTextAsItIs) {
  EXPECT_EQ(ForLog("", 10), "");
  EXPECT_EQ(ForLog("0123456789", 10), "0123456789");
}

TEST(ForLog, CutsALongTextAndSaysSo) {
  EXPECT_EQ(ForLog("0123456789a", 10), "0123456789...");
}

TEST(ForLog, CountsTheEscapedBytesAndCutsNoEscape) {
  EXPECT_EQ(ForLog("\xc3\xa4", 8), "\\xc3\\xa4");
  EXPECT_EQ(ForLog("a\xc3\xa4", 8), "a\\xc3...");
  EXPECT_EQ(ForLog("\n", 3), "...");
}

}  // namespace
}  // namespace mailverdict::deliver
