#include "launcher/process/line_prefixer.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

TEST(LinePrefixer, HoldsALineBackUntilItIsWhole) {
  LinePrefixer lines("[1] ");
  EXPECT_EQ(lines.add("one\ntw"), "[1] one\n");
  EXPECT_EQ(lines.add("o\n\n"), "[1] two\n[1] \n");
  EXPECT_EQ(lines.finish(), "");
}

TEST(LinePrefixer, EndsTheLastLine) {
  LinePrefixer lines("[1] ");
  EXPECT_EQ(lines.add("half"), "");
  EXPECT_EQ(lines.finish(), "[1] half\n");
  EXPECT_EQ(lines.finish(), "");
}

TEST(LinePrefixer, KeepsProgressBarsMoving) {
  LinePrefixer lines("[0] ");
  EXPECT_EQ(lines.add("10%\r20%\r"), "[0] 10%\r");
  EXPECT_EQ(lines.add("\nnext"), "[0] 20%\r\n");
}

TEST(LinePrefixer, CutsALineWithoutEnd) {
  LinePrefixer lines("[0] ");
  const std::string endless(LinePrefixer::kMaxLineBytes * 2 + 3, 'x');
  const std::string piece = "[0] " + endless.substr(0, LinePrefixer::kMaxLineBytes) + "\n";
  EXPECT_EQ(lines.add(endless), piece + piece);
  EXPECT_EQ(lines.finish(), "[0] xxx\n");
}

TEST(LinePrefixer, PassesEverythingThroughWithoutAPrefix) {
  LinePrefixer lines("");
  EXPECT_EQ(lines.add("Epoch 1: \r"), "Epoch 1: \r");
  EXPECT_EQ(lines.finish(), "");
}

}  // namespace
}  // namespace dplaunch
