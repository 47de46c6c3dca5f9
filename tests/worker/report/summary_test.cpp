#include "worker/report/summary.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace dplaunch {
namespace {

EpochMetrics metrics_of(double forward, double skew, std::int64_t slowest) {
  EpochMetrics metrics;
  metrics.shares.forward = forward;
  metrics.skew = {skew, slowest};
  return metrics;
}

TEST(Summary, MeansAreWeightedByTime) {
  Summary summary;
  summary.add(metrics_of(0.2, 1.1, 0), 1000, 10);
  EXPECT_DOUBLE_EQ(summary.shares.forward, 0.2);
  summary.add(metrics_of(0.4, 1.5, 3), 2000, 30);
  EXPECT_EQ(summary.images_trained, 3000);
  EXPECT_DOUBLE_EQ(summary.train_seconds, 40);
  EXPECT_DOUBLE_EQ(summary.shares.forward, 0.35);         // (10 x 0.2 + 30 x 0.4) / 40
  EXPECT_DOUBLE_EQ(summary.skew.slowest_over_mean, 1.4);  // (10 x 1.1 + 30 x 1.5) / 40
  EXPECT_EQ(summary.skew.slowest_rank, 3);
}

TEST(Summary, AnEpochOfWhichNothingWasLeftChangesNoMean) {
  Summary summary;
  summary.add(metrics_of(0, 1, 0), 0, 0);
  summary.add(metrics_of(0.4, 1.5, 1), 100, 2);
  EXPECT_DOUBLE_EQ(summary.shares.forward, 0.4);
  EXPECT_DOUBLE_EQ(summary.skew.slowest_over_mean, 1.5);
}

}  // namespace
}  // namespace dplaunch
