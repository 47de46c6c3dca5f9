#include "launcher/scale/overlap_gain.h"

#include <gmock/gmock.h>

namespace dplaunch {
namespace {

using ::testing::ElementsAre;

// Two gradients of 256 KiB, ready after 50 and 100 ms of backward; a step of 200 ms.
const std::vector<Bucket> kGradients = {{1 << 18, 0.05}, {1 << 18, 0.1}};
constexpr double kOneBucket = 1 << 18;
constexpr double kAllBuckets = 1 << 19;

RunFigures figures_of_waiting(double waiting_s, double evaluation_s = 0) {
  RunFigures figures;
  figures.step_seconds = 0.2;
  figures.max_own_seconds = 0.2 - waiting_s;
  figures.evaluation_seconds = evaluation_s;
  return figures;
}

/// 40 ms for 256 KiB, whatever the size; bf16 the same by the byte.
GroupCost proportional() {
  const std::vector<CommPoint> points = {{1 << 16, 0.01}, {1 << 20, 0.16}};
  return {{2, points}, {2, points}, 0};
}

TEST(OverlapGain, OfCompressionIsHalfOfWhatIsNotHidden) {
  const RunFigures figures = figures_of_waiting(0.04);
  const GroupCost cost = proportional();
  const ExchangingJob job{figures, kGradients, cost};
  // In two buckets: done at 90 and 140 ms, of which 40 ms show; in bf16 20 ms.
  EXPECT_NEAR(replay_exchange(job, {kOneBucket, false}).exposed_s, 0.04, 1e-12);
  EXPECT_NEAR(replay_exchange(job, {kOneBucket, true}).exposed_s, 0.02, 1e-12);
  const Gain gain = gain_of_exchange(job, {kOneBucket, false}, {kOneBucket, true});
  EXPECT_NEAR(gain.low, 0.1, 1e-12);
  EXPECT_NEAR(gain.middle, 0.1, 1e-12);
  EXPECT_NEAR(gain.high, 0.1, 1e-12);
}

TEST(OverlapGain, OfCompressionPaysForIt) {
  const RunFigures figures = figures_of_waiting(0.04, /*evaluation_s=*/0.2);
  GroupCost cost = proportional();
  cost.compress_s = 0.008;
  const ExchangingJob job{figures, kGradients, cost};
  const Gain gain = gain_of_exchange(job, {kOneBucket, false}, {kOneBucket, true});
  EXPECT_NEAR(gain.low, (0.02 - 0.008) / 0.4, 1e-12);
  EXPECT_NEAR(gain.middle, (0.02 - 0.004) / 0.4, 1e-12);
  EXPECT_NEAR(gain.high, 0.02 / 0.4, 1e-12);
}

// All in one: 80 ms after backward. In two 40 ms of that are hidden, or nothing is gained at all if
// nothing can be.
TEST(OverlapGain, OfSmallerBucketsIsBetweenNoneAndTheReplays) {
  const RunFigures figures = figures_of_waiting(0.08);
  const GroupCost cost = proportional();
  const ExchangingJob job{figures, kGradients, cost};
  const Gain gain = gain_of_exchange(job, {kAllBuckets, false}, {kOneBucket, false});
  EXPECT_NEAR(gain.low, 0, 1e-12);
  EXPECT_NEAR(gain.middle, 0.2, 1e-12);
  EXPECT_NEAR(gain.high, 0.2, 1e-12);
}

// The measured waiting is far less than the replay's: no more can be gained than is lost.
TEST(OverlapGain, IsNoMoreThanWhatIsWaited) {
  const RunFigures figures = figures_of_waiting(0.01);
  const GroupCost cost = proportional();
  const ExchangingJob job{figures, kGradients, cost};
  const Gain gain = gain_of_exchange(job, {kAllBuckets, false}, {kOneBucket, false});
  EXPECT_NEAR(gain.middle, 0.005 / 0.2, 1e-12);
  EXPECT_NEAR(gain.high, 0.01 / 0.2, 1e-12);
}

TEST(OverlapGain, TriesEachNumberOfBucketsOnce) {
  // Up to 256 KiB each is a bucket, from then on both are in one.
  EXPECT_THAT(other_bucket_bytes(kGradients, kAllBuckets), ElementsAre(1 << 14));
  EXPECT_THAT(other_bucket_bytes(kGradients, kOneBucket), ElementsAre(1 << 19));
}

TEST(Remedy, IsRecommendedForWhatItSurelyGains) {
  const Remedy sure = remedy_of("compress", "bf16", {{0.15, 0.21, 0.26}});
  EXPECT_EQ(in_words(sure), "compress: bf16 takes 21% [15%, 26%] (one block) off a step's time");
  const Remedy unsure = remedy_of("bucket_mb", "1", {{-0.01, 0.05, 0.1}});
  EXPECT_EQ(in_words(unsure),
            "bucket_mb: 1 may take 5% [-1%, 10%] (one block) off a step's time, or nothing");
  const Remedy vain = remedy_of("bucket_mb", "1", {{-0.01, 0.01, 0.1}});
  EXPECT_EQ(in_words(vain),
            "bucket_mb: 1: no gain expected, 1% [-1%, 10%] (one block) off a step's time");
}

// The range of two values covers the median half of the time, that of five 1 - 2 / 2^5 of it.
TEST(Remedy, IsAsSureAsItsBlocks) {
  const Remedy two = remedy_of("compress", "bf16", {{0.1, 0.2, 0.3}, {0.2, 0.3, 0.4}});
  EXPECT_EQ(in_words(two), "compress: bf16 takes 25% [10%, 40%] (50%) off a step's time");
  const std::vector<Gain> five(5, {0.1, 0.2, 0.3});
  EXPECT_NEAR(remedy_of("compress", "bf16", five).coverage, 0.9, 1e-9);
}

}  // namespace
}  // namespace dplaunch
