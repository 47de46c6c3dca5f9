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
  const std::string piece = endless.substr(0, LinePrefixer::kMaxLineBytes);
  EXPECT_EQ(lines.add(endless), "[0] " + piece + "[...]\n[0] [...]" + piece + "[...]\n");
  EXPECT_EQ(lines.finish(), "[0] [...]xxx\n");
}

TEST(LinePrefixer, LeavesALineWholeUpToTheBoundHoweverItComes) {
  LinePrefixer lines("[0] ");
  const std::string line = std::string(LinePrefixer::kMaxLineBytes, 'x') + "\n";
  std::string shown;
  for (std::size_t i = 0; i < line.size(); i += 4099) shown += lines.add(line.substr(i, 4099));
  EXPECT_TRUE(shown == "[0] " + line);
  EXPECT_TRUE(lines.add(line + "y\n") == "[0] " + line + "[0] y\n");
}

TEST(LinePrefixer, CutsNoCharacter) {
  LinePrefixer lines("[0] ");
  const std::string before(LinePrefixer::kMaxLineBytes - 1, 'x');
  EXPECT_TRUE(lines.add(before + "\xe2\x82\xac" + "y\n") ==
              "[0] " + before + "[...]\n[0] [...]\xe2\x82\xacy\n");
}

TEST(LinePrefixer, ShowsAPartialLineOnceWhenNothingMoreComes) {
  LinePrefixer lines("[1] ");
  EXPECT_EQ(lines.idle(), "");
  EXPECT_EQ(lines.add("go on? "), "");
  EXPECT_EQ(lines.idle(), "[1] go on? ");
  EXPECT_EQ(lines.idle(), "");
  EXPECT_EQ(lines.add("yes\nnext"), "yes\n");
  EXPECT_EQ(lines.idle(), "[1] next");
  lines.break_off();
  EXPECT_EQ(lines.add(" one\n"), "[1]  one\n");
  EXPECT_EQ(lines.add("last"), "");
  EXPECT_EQ(lines.idle(), "[1] last");
  EXPECT_EQ(lines.finish(), "\n");
  EXPECT_EQ(lines.finish(), "");
}

TEST(LinePrefixer, GivesNoLineForALineFeedThatComesLate) {
  LinePrefixer lines("[1] ");
  EXPECT_EQ(lines.add("50%\r"), "");
  EXPECT_EQ(lines.idle(), "[1] 50%\r");
  EXPECT_EQ(lines.add("\nnext\n"), "\n[1] next\n");
}

TEST(LinePrefixer, GivesABarsNewestState) {
  LinePrefixer lines("[1] ");
  EXPECT_EQ(lines.add("10%\r20%\r", LinePrefixer::Bars::kNewest), "");
  EXPECT_EQ(lines.bar(), "[1] 20%");
  EXPECT_EQ(lines.add("30%\nnext\r\n", LinePrefixer::Bars::kNewest), "[1] 30%\n[1] next\n");
  EXPECT_EQ(lines.bar(), "");
  EXPECT_EQ(lines.add("\r40%\r", LinePrefixer::Bars::kNewest), "");
  EXPECT_EQ(lines.finish(), "[1] 40%\r\n");
}

TEST(LinePrefixer, PassesEverythingThroughWithoutAPrefix) {
  LinePrefixer lines("");
  EXPECT_EQ(lines.add("Epoch 1: \r"), "Epoch 1: \r");
  EXPECT_EQ(lines.finish(), "");
}

}  // namespace
}  // namespace dplaunch
