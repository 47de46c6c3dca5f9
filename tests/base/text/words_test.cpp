// What messages are put together from.
#include "base/text/words.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

using std::chrono::milliseconds;

TEST(Words, CountInThePluralButForOne) {
  EXPECT_EQ(counted(0, "rank"), "0 ranks");
  EXPECT_EQ(counted(1, "rank"), "1 rank");
  EXPECT_EQ(counted(2, "rank"), "2 ranks");
  EXPECT_EQ(counted(1, "batch", "batches"), "1 batch");
  EXPECT_EQ(counted(3, "batch", "batches"), "3 batches");
}

TEST(Words, AreJoinedBetweenTheirSeparators) {
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"a"}), "a");
  EXPECT_EQ(joined({"a", "", "b"}), "a, , b");
  EXPECT_EQ(joined({"a", "b"}, "|"), "a|b");
}

TEST(Words, AreSplitWithTheEmptyPiecesBetween) {
  using Pieces = std::vector<std::string>;
  EXPECT_EQ(split("", ','), Pieces{""});
  EXPECT_EQ(split("a", ','), Pieces{"a"});
  EXPECT_EQ(split("a,b", ','), (Pieces{"a", "b"}));
  EXPECT_EQ(split(",a,,b,", ','), (Pieces{"", "a", "", "b", ""}));
}

TEST(Words, OfATimeHaveATenthAtMost) {
  EXPECT_EQ(seconds_text(milliseconds(0)), "0 s");
  EXPECT_EQ(seconds_text(milliseconds(200)), "0.2 s");
  EXPECT_EQ(seconds_text(milliseconds(1250)), "1.2 s");
  EXPECT_EQ(seconds_text(milliseconds(60000)), "60 s");
}

TEST(Words, OfMemoryAreInGib) {
  EXPECT_EQ(gib_text(0), "0.0");
  EXPECT_EQ(gib_text(std::int64_t{43} << 29), "21.5");
}

// https://en.wikipedia.org/wiki/Levenshtein_distance#Example
TEST(Words, HaveTheDistanceOfTheirEdits) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

}  // namespace
}  // namespace dplaunch
