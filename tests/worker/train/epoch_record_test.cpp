#include "worker/train/epoch_record.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

// 60 images before a stop with a mean loss of 2 and 30 correct, 40 after it with 1 and 40.
TEST(EpochRecord, MeansAreOverAllPartsOfTheEpoch) {
  const Progress progress{.epochs_done = 3,
                          .steps_done = 35,
                          .images_in_epoch = 100,
                          .loss_sum = 60 * 2 + 40 * 1,
                          .correct = 30 + 40,
                          .train_seconds = 6 + 4};
  const EpochPart part{.totals = {40, 40, 40},
                       .seconds = 4,
                       .data_wait_seconds = 0.5,
                       .times = {{0.1, 0.2, 0.3, 0.25, 0.15}, {1.5, 2}}};
  const EpochMetrics metrics = epoch_metrics(progress, part);
  EXPECT_EQ(metrics.epoch, 4);
  EXPECT_EQ(metrics.step, 35);
  EXPECT_EQ(metrics.images, 100);
  EXPECT_DOUBLE_EQ(metrics.train_loss, 1.6);
  EXPECT_DOUBLE_EQ(metrics.train_top1, 70);
  EXPECT_DOUBLE_EQ(metrics.train_seconds, 10);
  EXPECT_DOUBLE_EQ(metrics.images_per_second(), 10);
  EXPECT_DOUBLE_EQ(metrics.data_wait_seconds, 0.5);
  EXPECT_DOUBLE_EQ(metrics.shares.all_reduce, 0.25);
  EXPECT_DOUBLE_EQ(metrics.skew.slowest_over_mean, 1.5);
  EXPECT_EQ(metrics.skew.slowest_rank, 2);
  EXPECT_FALSE(metrics.test);
}

TEST(EpochRecord, WithoutImagesNothingIsDividedByZero) {
  const EpochMetrics metrics = epoch_metrics({}, {});
  EXPECT_EQ(metrics.epoch, 1);
  EXPECT_EQ(metrics.train_loss, 0);
  EXPECT_EQ(metrics.train_top1, 0);
  EXPECT_EQ(metrics.images_per_second(), 0);
}

}  // namespace
}  // namespace dplaunch
