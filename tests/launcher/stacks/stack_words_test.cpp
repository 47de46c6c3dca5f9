#include "launcher/stacks/stack_words.h"

#include <gmock/gmock.h>

#include "tests/launcher/stacks/hand_made_stacks.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::one_of_eight;
using testing::stack_at;

TEST(StackWords, NameTheRankThatIsNotWhereTheOthersAre) {
  const OddRanks odd = odd_ranks(one_of_eight(3));
  EXPECT_THAT(odd.ranks, ElementsAre(3));
  EXPECT_EQ(
      odd.words,
      "rank 3 is where the others are not: read(pipe) <- next_batch (loader.py:5) <- train "
      "(train.py:20); ranks 0-2,4-7: poll() <- all_reduce (train.py:9) <- train (train.py:21)");
}

TEST(StackWords, NameSeveral) {
  auto stacks = one_of_eight(3);
  stacks[5] = stack_at(5, {"main", "train@train.py:30"}, "futex()");
  const OddRanks odd = odd_ranks(stacks);
  EXPECT_THAT(odd.ranks, ElementsAre(3, 5));
  EXPECT_EQ(odd.words.substr(0, odd.words.find(':')), "ranks 3,5 are where the others are not");
}

TEST(StackWords, SayWhereAllAreTogether) {
  const OddRanks odd = odd_ranks(
      {stack_at(0, {"main", "train"}, "poll()"), stack_at(1, {"main", "train"}, "poll()")});
  EXPECT_THAT(odd.ranks, IsEmpty());
  EXPECT_EQ(odd.words, "ranks 0-1 are at the same place: poll() <- train <- main");
}

TEST(StackWords, TakeRanksThatPollForOnePlace) {
  const OddRanks odd =
      odd_ranks({stack_at(0, {"main", "barrier"}, "sleep()"), stack_at(1, {"main", "barrier"}, ""),
                 stack_at(2, {"main", "barrier"}, "sleep()")});
  EXPECT_THAT(odd.ranks, IsEmpty());
  EXPECT_EQ(odd.words, "ranks 0-2 are at the same place: barrier <- main");
}

TEST(StackWords, LeaveOutTheCLibrary) {
  const OddRanks odd = odd_ranks(
      {stack_at(0, {"main@a", "wait@a", "__read@libc.so.6", "read@libc.so.6"}, "read(pipe)")});
  EXPECT_EQ(odd.words, "rank 0: read(pipe) <- wait (a) <- main (a)");
}

TEST(StackWords, BlameNobodyWithoutAMajority) {
  const OddRanks two = odd_ranks({stack_at(0, {"main", "a"}), stack_at(1, {"main", "b"})});
  EXPECT_THAT(two.ranks, IsEmpty());
  EXPECT_EQ(two.words, "the ranks are at different places: rank 0: a; rank 1: b");
  const OddRanks three = odd_ranks(
      {stack_at(0, {"main", "a"}), stack_at(1, {"main", "b"}), stack_at(2, {"main", "a"})});
  EXPECT_THAT(three.ranks, ElementsAre(1));
}

TEST(StackWords, NameARankThatIsAheadOfTheOthersWithoutAFrameMore) {
  const OddRanks odd =
      odd_ranks({stack_at(0, {"main", "train", "wait"}), stack_at(1, {"main", "train"}),
                 stack_at(2, {"main", "train", "wait"})});
  EXPECT_THAT(odd.ranks, ElementsAre(1));
  EXPECT_EQ(odd.words, "rank 1 is where the others are not: train; ranks 0,2: wait");
}

TEST(StackWords, NameASuspendedRankWhereverItIs) {
  auto stacks = one_of_eight(9);
  stacks[6].kernel.state = 'T';
  const OddRanks odd = odd_ranks(stacks);
  EXPECT_THAT(odd.ranks, ElementsAre(6));
  EXPECT_EQ(
      odd.words,
      "rank 6 is suspended (kill -CONT 106 lets it go on); ranks 0-5,7 are at the same place: "
      "poll() <- all_reduce (train.py:9) <- train (train.py:21) <- main");
}

TEST(StackWords, OfSuspendedRanksAloneSayNothingElse) {
  auto one = stack_at(0, {"main"});
  auto other = stack_at(1, {"main"});
  one.kernel.state = other.kernel.state = 'T';
  EXPECT_EQ(odd_ranks({one, other}).words,
            "ranks 0-1 are suspended (kill -CONT 100 101 lets them go on)");
  one.kernel.state = 'D';
  EXPECT_THAT(odd_ranks({one, other}).ranks, ElementsAre(0, 1));
}

TEST(StackWords, WithoutAnyFramesGoByWhatTheKernelSays) {
  const OddRanks odd = odd_ranks(
      {stack_at(0, {}, "read(pipe)"), stack_at(1, {}, "sleep()"), stack_at(2, {}, "read(pipe)")});
  EXPECT_EQ(odd.words, "rank 1 is where the others are not: sleep(); ranks 0,2: read(pipe)");
  EXPECT_EQ(odd_ranks({stack_at(0, {}), stack_at(1, {})}).words,
            "nobody knows where to find ranks 0-1");
}

}  // namespace
}  // namespace dplaunch
