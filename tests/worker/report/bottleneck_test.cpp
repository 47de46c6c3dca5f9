#include "worker/report/bottleneck.h"

#include <gmock/gmock.h>

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Two ranks on CPUs of eight cores each, with two data-loading threads in all.
constexpr RunShape kTwoRanks{.world_size = 2, .bsize = 64, .workers = 2, .usable_cores = 8};
constexpr RankSkew kEqual{};

// Threads that load for the whole of a step would have to be twice as many, and one to spare.
TEST(Bottleneck, WaitingForDataAsksForMoreWorkers) {
  EXPECT_THAT(bottlenecks({.data_wait = 0.5, .forward = 0.2, .backward = 0.3}, kEqual, kTwoRanks),
              ElementsAre("data loading is 50% of a step: raise workers from 2 to 5"));
}

TEST(Bottleneck, NoMoreWorkersThanCores) {
  RunShape shape = kTwoRanks;
  shape.usable_cores = 2;
  EXPECT_THAT(bottlenecks({.data_wait = 0.9}, kEqual, shape),
              ElementsAre("data loading is 90% of a step: raise workers from 2 to 4"));
  shape.workers = 4;
  EXPECT_THAT(bottlenecks({.data_wait = 0.9}, kEqual, shape),
              ElementsAre("data loading is 90% of a step: there are no cores left for more workers "
                          "(4); fewer processes, or less augmentation"));
}

TEST(Bottleneck, ADeviceThatAssemblesBatchesHasNoThreads) {
  RunShape shape = kTwoRanks;
  shape.is_loaded_by_device = true;
  EXPECT_THAT(bottlenecks({.data_wait = 0.3}, kEqual, shape),
              ElementsAre(HasSubstr("loader: host has threads do it")));
}

TEST(Bottleneck, EachLimitIsWhereItSays) {
  EXPECT_THAT(bottlenecks({.data_wait = 0.099,
                           .forward = 0.3,
                           .backward = 0.3,
                           .all_reduce = 0.149,
                           .update = 0.199},
                          {1.149, 1}, kTwoRanks),
              ElementsAre("nothing: computing is 60% of a step"));
  EXPECT_THAT(
      bottlenecks({.data_wait = 0.10, .all_reduce = 0.15, .update = 0.20}, kEqual, kTwoRanks),
      ElementsAre(StartsWith("the optimizer is 20%"),
                  StartsWith("the gradients' all-reduce keeps 15%"),
                  StartsWith("data loading is 10%")));
}

TEST(Bottleneck, ASlowRankExplainsTheAllReduce) {
  EXPECT_THAT(bottlenecks({.all_reduce = 0.4}, {1.25, 1}, kTwoRanks),
              ElementsAre("rank 1 is 1.25 times as slow as the mean, and all wait for it: another "
                          "program on its cores?"));
}

TEST(Bottleneck, OneRankWaitsForNobody) {
  RunShape alone = kTwoRanks;
  alone.world_size = 1;
  EXPECT_THAT(bottlenecks({.forward = 0.4, .backward = 0.4, .all_reduce = 0.2}, {2, 0}, alone),
              ElementsAre("nothing: computing is 80% of a step"));
}

TEST(Bottleneck, GpusGetTheirOwnAdvice) {
  RunShape gpus = kTwoRanks;
  gpus.is_cpu = false;
  EXPECT_THAT(bottlenecks({.all_reduce = 0.4}, kEqual, gpus),
              ElementsAre(HasSubstr("is the link between the GPUs what it should be?")));
  EXPECT_THAT(bottlenecks({}, {1.5, 0}, gpus),
              ElementsAre(HasSubstr("another process on its GPU")));
}

}  // namespace
}  // namespace dplaunch
