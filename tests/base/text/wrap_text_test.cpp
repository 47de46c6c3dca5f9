#include "base/text/wrap_text.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

TEST(WrapText, BreaksAtSpaces) {
  EXPECT_EQ(wrapped("  aa bb cc dd", 12, 2), "  aa bb cc\n    dd\n");
  EXPECT_EQ(wrapped("a  b", 80, 0), "a b\n");
  EXPECT_EQ(wrapped("", 80, 0), "\n");
  EXPECT_EQ(wrapped("end ", 80, 0), "end\n");
  EXPECT_EQ(wrapped("  ", 80, 0), "  \n");
}

TEST(WrapText, BreaksAWordThatIsLongerThanALine) {
  EXPECT_EQ(wrapped("a 0123456789abc", 10, 2), "a\n  01234567\n  89abc\n");
  EXPECT_EQ(wrapped("0123456äöü", 8, 0), "0123456\näöü\n") << "a character stays whole";
}

}  // namespace
}  // namespace dplaunch
