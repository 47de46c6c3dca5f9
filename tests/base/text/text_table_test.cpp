#include "base/text/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TextTable, AlignsColumnsUnderTheirHeadings) {
  TextTable table({{.heading = "GPU", .align = Align::kRight},
                   {.heading = "NAME"},
                   {.heading = "UTIL", .align = Align::kRight}});
  table.add({"0", "RTX 3090", "5%"});
  table.add({"10", "", "100%"});
  EXPECT_THAT(table.lines(80), ElementsAre("GPU  NAME      UTIL",  //
                                           "  0  RTX 3090    5%",  //
                                           " 10            100%"));
}

TEST(TextTable, LinesEndWithTheirLastText) {
  TextTable table({{.align = Align::kRight}, {}, {}});
  table.add({"1", "long", "x"});
  table.add({"22", "s", ""});
  table.add({"", "", ""});
  EXPECT_THAT(table.lines(80), ElementsAre(" 1  long  x", "22  s", ""));
}

TEST(TextTable, CountsTheTerminalsColumns) {
  TextTable table({{}, {.align = Align::kRight}, {}});
  table.add({"漢字", "\x1b[31m1\x1b[0m", "x"});
  table.add({"ö", "22", "y"});
  EXPECT_THAT(table.lines(80), ElementsAre("漢字   \x1b[31m1\x1b[0m  x", "ö     22  y"));
}

TEST(TextTable, LeavesOutColumnsWithoutText) {
  TextTable table({{}, {.min_width = 10}, {}});
  table.add({"a", "", "b"});
  EXPECT_THAT(table.lines(80), ElementsAre("a  b"));
  EXPECT_THAT(TextTable({{}, {}}).lines(80), IsEmpty());
}

TEST(TextTable, LeavesOutTheLeastImportantColumnsUntilItFits) {
  TextTable table({{.importance = 9}, {.importance = 1}, {.importance = 5, .min_width = 4}});
  table.add({"[0]", "epoch", "x"});
  EXPECT_THAT(table.lines(16), ElementsAre("[0]  epoch  x"));
  EXPECT_THAT(table.lines(15), ElementsAre("[0]  x")) << "x takes four columns";
  EXPECT_THAT(table.lines(8), ElementsAre("[0]"));
  EXPECT_THAT(table.lines(2), ElementsAre("[0")) << "the last one is cut";
}

TEST(TextTable, ShortensAFlexibleColumnButNotBelowEight) {
  TextTable table({{.heading = "PID"}, {.heading = "COMMAND", .is_flexible = true}});
  table.add({"1", "python train.py --lr 0.1"});
  table.add({"2", "sh"});
  EXPECT_THAT(table.lines(80), ElementsAre("PID  COMMAND", "1    python train.py --lr 0.1",  //
                                           "2    sh"));
  EXPECT_THAT(table.lines(20), ElementsAre("PID  COMMAND", "1    python train...", "2    sh"));
  EXPECT_THAT(table.lines(1), ElementsAre("PID  COMMAND", "1    pytho...", "2    sh"))
      << "it becomes wider";
}

TEST(TextTable, NeverLeavesOutAColumnWithoutAnImportance) {
  TextTable table({{}, {.importance = 1}, {.importance = 2}, {.is_flexible = true}});
  table.add({"kept", "second", "third", "a flexible text"});
  EXPECT_THAT(table.lines(29), ElementsAre("kept  second  third  a fle..."));
  EXPECT_THAT(table.lines(28), ElementsAre("kept  third  a flexible text"));
  EXPECT_THAT(table.lines(5), ElementsAre("kept  a fle..."));
}

}  // namespace
}  // namespace dplaunch
