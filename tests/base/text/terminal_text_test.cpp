// What text needs of a terminal's width.
#include "base/text/terminal_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text/printable.h"

namespace dplaunch {
namespace {

TEST(TextWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(columns_of(""), 0);
  EXPECT_EQ(columns_of("plain"), 5);
  EXPECT_EQ(columns_of("größe ━━"), 8);
  EXPECT_EQ(columns_of("漢字"), 4);
  EXPECT_EQ(columns_of("e\u0301"), 1);  // a combining accent
  EXPECT_EQ(columns_of("🚀"), 2);
  EXPECT_EQ(columns_of("\x1b[31mred\x1b[0m"), 3);
}

TEST(TextWidth, TakesBytesThatAreNoUtf8ForOneColumnEach) {
  EXPECT_EQ(columns_of("\xff\xfe"), 2);
  EXPECT_EQ(columns_of("\xe6\xbc"), 2);  // cut off
  EXPECT_EQ(columns_of("\x1b["), 0);
}

TEST(TextWidth, CutsBetweenCharactersAndEndsTheColour) {
  EXPECT_EQ(cut_to("plain", 3), "pla");
  EXPECT_EQ(cut_to("plain", 9), "plain");
  EXPECT_EQ(cut_to("漢字", 3), "漢");
  EXPECT_EQ(cut_to("a漢b", 2), "a");  // what comes behind a gap must not fill it
  EXPECT_EQ(cut_to("\x1b[31mred\x1b[0m", 2), "\x1b[31mre\x1b[0m");
  EXPECT_EQ(cut_to("plain", 0), "");
  EXPECT_EQ(cut_to("plain", -1), "");
}

TEST(TextWidth, LeavesNothingThatMovesTheCursor) {
  EXPECT_EQ(printable("a\tb\rc\x1b[2Jd\x7f\n", Unprintable::kLeftOut), "a bcd");
  EXPECT_EQ(printable("größe", Unprintable::kLeftOut), "größe");
}

TEST(TextWidth, LeavesNothingOfAnEscapeSequence) {
  const std::vector<std::string> sequences = {"\x1b]0;title\x07",        // a window's title
                                              "\x1b]8;;http://h\x1b\\",  // a link
                                              "\x1bP1$r0m\x1b\\",  // a question to the terminal
                                              "\x1b^private\x1b\\",
                                              "\x1b_application\x1b\\",
                                              "\x1b(B",  // a character set
                                              "\033c",   // the terminal is reset
                                              "\x1b[1;31m",
                                              "\x1b[?25l"};
  for (const std::string& sequence : sequences) {
    EXPECT_EQ(printable("a" + sequence + "b", Unprintable::kLeftOut), "ab") << sequence;
    EXPECT_EQ(columns_of("a" + sequence + "b"), 2);
    for (std::size_t bytes = 1; bytes < sequence.size(); ++bytes) {
      const std::string cut = sequence.substr(0, bytes);
      EXPECT_EQ(printable("a" + cut, Unprintable::kLeftOut), "a") << bytes << " of " << sequence;
    }
  }
  EXPECT_EQ(printable("\x1b]0;a\nb", Unprintable::kLeftOut), "b") << "a line's end ends it";
  EXPECT_EQ(printable_lines("a\x1b[2J\nb\r\n"), "a?[2J\nb?\n");
}

}  // namespace
}  // namespace dplaunch
