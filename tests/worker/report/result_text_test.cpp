#include "worker/report/result_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace dplaunch {
namespace {

TEST(ResultText, FixedHasSoManyDecimals) {
  EXPECT_EQ(fixed(2.5, 4), "2.5000");
  EXPECT_EQ(fixed(-0.126, 2), "-0.13");
  EXPECT_EQ(fixed(1e6, 0), "1000000");
  EXPECT_EQ(fixed(std::numeric_limits<double>::infinity(), 4), "inf");
  EXPECT_EQ(fixed(std::numeric_limits<double>::quiet_NaN(), 4), "nan");
}

TEST(ResultText, SharesArePercent) {
  EXPECT_EQ(percent_text(0.256), "26%");
  EXPECT_EQ(percent_text(0), "0%");
  EXPECT_EQ(percent_text(1), "100%");
}

TEST(ResultText, AFastModelsSpeedNeedsNoDecimal) {
  EXPECT_EQ(speed_text(8312.4), "8312 images/s");
  EXPECT_EQ(speed_text(100), "100 images/s");
  EXPECT_EQ(speed_text(31.44), "31.4 images/s");
  EXPECT_EQ(speed_text(0), "0.0 images/s");
}

TEST(ResultText, RowsLineUp) {
  EXPECT_EQ(result_row("speed", "31.4 images/s"), "  speed             31.4 images/s\n");
  EXPECT_EQ(result_row("", "next line"), "                    next line\n");
  EXPECT_EQ(result_row("a name of 18 chars", "value"), "  a name of 18 chars value\n");
}

}  // namespace
}  // namespace dplaunch
