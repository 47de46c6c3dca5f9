#include "base/text/parse_number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace dplaunch {
namespace {

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number<int>("12"), 12);
  EXPECT_EQ(parse_number<int>("-3"), -3);
  EXPECT_EQ(parse_number<double>("1e-3"), 1e-3);
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "x", "0x10", "1.5", "2147483648"}) {
    EXPECT_FALSE(parse_number<int>(text)) << text;
  }
  EXPECT_EQ(parse_number<std::int64_t>("2147483648"), 2147483648);
}

}  // namespace
}  // namespace dplaunch
