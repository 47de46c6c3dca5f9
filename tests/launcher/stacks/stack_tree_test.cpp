#include "launcher/stacks/stack_tree.h"

#include <gmock/gmock.h>

#include "tests/launcher/stacks/hand_made_stacks.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using testing::one_of_eight;
using testing::stack_at;

TEST(StackTree, HasTheRanksOfEachFrame) {
  const StackNode root = merged(one_of_eight(3));
  ASSERT_EQ(root.children.size(), 1U);
  const StackNode& main = root.children.front();
  EXPECT_EQ(main.frame, (Frame{"main", ""}));
  EXPECT_EQ(main.ranks, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  ASSERT_EQ(main.children.size(), 2U) << "they part by line";
  EXPECT_EQ(main.children[0].frame, (Frame{"train", "train.py:21"})) << "most come first";
  EXPECT_EQ(main.children[0].ranks, (std::vector<int>{0, 1, 2, 4, 5, 6, 7}));
  EXPECT_EQ(main.children[1].frame, (Frame{"train", "train.py:20"}));
  EXPECT_EQ(main.children[1].ranks, std::vector<int>{3});
  EXPECT_EQ(main.children[1].children[0].children[0].frame, (Frame{"read(pipe)", ""}));
}

TEST(StackTree, IsDrawnWithTheRanksWhereTheyChange) {
  EXPECT_THAT(tree_lines(merged(one_of_eight(3)), true),
              ElementsAre("RANKS    STACK, FROM OUTSIDE INWARDS",  //
                          "0-7      main",                         //
                          "0-2,4-7  \u251c train (train.py:21)",   //
                          "         \u2502 all_reduce (train.py:9)",
                          "         \u2502 poll()",               //
                          "3        \u2514 train (train.py:20)",  //
                          "           next_batch (loader.py:5)",  //
                          "           read(pipe)"));
}

TEST(StackTree, ShowsRanksThatGoNoFurtherThanOthers) {
  const auto root = merged({stack_at(0, {"main", "train"}), stack_at(1, {"main"})});
  EXPECT_THAT(tree_lines(root, false), ElementsAre("RANKS  STACK, FROM OUTSIDE INWARDS",  //
                                                   "0-1    main",                         //
                                                   "0      + train",                      //
                                                   "1      ` (no further)"));
}

TEST(StackTree, OfRanksThatPartAtOnceHasNoCommonBeginning) {
  const auto root = merged({stack_at(0, {"main"}), stack_at(1, {"_start", "main"})});
  EXPECT_THAT(tree_lines(root, false), ElementsAre("RANKS  STACK, FROM OUTSIDE INWARDS",  //
                                                   "0      + main",                       //
                                                   "1      ` _start",                     //
                                                   "         main"));
}

TEST(StackTree, LeavesOutRanksWithoutAnyFrame) {
  const StackNode root = merged({stack_at(0, {"main"}), stack_at(1, {})});
  EXPECT_EQ(root.ranks, std::vector<int>{0});
  EXPECT_TRUE(merged({}).children.empty());
}

TEST(StackTree, IsFoldedToALineAStackWithTheNumberOfItsRanks) {
  auto stacks = one_of_eight(3);
  stacks.push_back(stack_at(8, {"main", "a;b"}));
  EXPECT_EQ(folded(merged(stacks)),
            "main;train (train.py:21);all_reduce (train.py:9);poll() 7\n"
            "main;train (train.py:20);next_batch (loader.py:5);read(pipe) 1\n"
            "main;a,b 1\n");
}

TEST(StackTree, NamesRanks) {
  EXPECT_EQ(ranks_text({3}), "rank 3");
  EXPECT_EQ(ranks_text({0, 1, 2, 4}), "ranks 0-2,4");
}

}  // namespace
}  // namespace dplaunch
