// How far a run is and how long it will take.
#include "launcher/view/progress.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace dplaunch {
namespace {

RankView rank_at(std::int64_t epoch, std::int64_t step, double images_per_second) {
  RankStatus status;
  status.phase = Phase::kTraining;
  status.epoch = epoch;
  status.epochs = 10;
  status.step = step;
  status.steps_per_epoch = 100;
  status.images_per_second = images_per_second;
  status.updated_ns = 1;
  return {0, status, {}};
}

RunView run_of(std::vector<RankView> ranks) {
  RunView run;
  run.ranks = std::move(ranks);
  return run;
}

TEST(ProgressTest, IsUnknownBeforeARankToldItsLength) {
  EXPECT_FALSE(progress_of(run_of({{0, {}, {}}})));
  EXPECT_FALSE(progress_of(run_of({{0, RankStatus{}, {}}})));
}

TEST(ProgressTest, IsThatOfTheSlowestRank) {
  const auto progress = progress_of(run_of({rank_at(4, 60, 0), rank_at(4, 50, 0), {2, {}, {}}}));
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->epoch, 5);
  EXPECT_DOUBLE_EQ(progress->epoch_fraction, 0.5);
  EXPECT_DOUBLE_EQ(progress->run_fraction, 0.45);
  EXPECT_FALSE(progress->epoch_seconds_left);
  EXPECT_FALSE(progress->run_seconds_left);
}

TEST(ProgressTest, EstimatesFromTheSlowestSpeed) {
  RunView run = run_of({rank_at(4, 50, 400), rank_at(4, 50, 200)});
  EXPECT_FALSE(progress_of(run)->run_seconds_left) << "without the batch a speed says nothing";
  run.pace.images_per_step = 100;  // two steps a second
  EXPECT_DOUBLE_EQ(*progress_of(run)->epoch_seconds_left, 25);
  EXPECT_DOUBLE_EQ(*progress_of(run)->run_seconds_left, 275);
}

TEST(ProgressTest, CountsEvaluationIntoTheRest) {
  RunView run = run_of({rank_at(4, 50, 200)});
  run.pace.images_per_step = 100;
  run.pace.seconds_per_epoch = 80;
  EXPECT_DOUBLE_EQ(*progress_of(run)->epoch_seconds_left, 25);
  EXPECT_DOUBLE_EQ(*progress_of(run)->run_seconds_left, 5.5 * 80);
}

TEST(ProgressTest, EndsAtTheLastStepThatIsWanted) {
  RunView run = run_of({rank_at(4, 50, 100)});
  run.pace.images_per_step = 100;
  run.pace.max_steps = 460;
  EXPECT_NEAR(progress_of(run)->run_fraction, 450.0 / 460, 1e-12);
  EXPECT_DOUBLE_EQ(*progress_of(run)->epoch_seconds_left, 10);
  EXPECT_DOUBLE_EQ(*progress_of(run)->run_seconds_left, 10);
}

TEST(ProgressTest, IsWholeWhenAllHaveFinished) {
  RankView rank = rank_at(9, 100, 100);
  rank.status->phase = Phase::kFinished;
  EXPECT_EQ(progress_of(run_of({rank}))->run_fraction, 1);
  EXPECT_TRUE(progress_of(run_of({rank}))->is_finished);
  EXPECT_EQ(progress_of(run_of({rank}))->epoch, 10);
  EXPECT_FALSE(progress_of(run_of({rank, rank_at(9, 99, 1)}))->is_finished);
}

TEST(ProgressTest, StaysWithinItsBoundsForWildFigures) {
  RankView rank = rank_at(-7, 1'000'000, -1);
  EXPECT_EQ(progress_of(run_of({rank}))->run_fraction, 1);
  EXPECT_EQ(progress_of(run_of({rank}))->epoch, 1);
  rank.status->images_per_second = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(progress_of(run_of({rank}))->run_seconds_left);
}

TEST(ProgressTest, WritesDurations) {
  EXPECT_EQ(duration(0), "0:00");
  EXPECT_EQ(duration(12.4), "0:12");
  EXPECT_EQ(duration(842), "14:02");
  EXPECT_EQ(duration(10931), "3:02:11");
  EXPECT_EQ(duration(2 * 86400 + 3 * 3600 + 11 * 60), "2d 03:11");
  EXPECT_EQ(duration(-5), "0:00");
  EXPECT_EQ(duration(1e30), "--");
}

TEST(SilentSeconds, AreToldOfATrainingRankOnly) {
  RunView run = run_of({rank_at(0, 1, 0)});
  run.now_ns = 12'900'000'001;
  EXPECT_EQ(silent_seconds(run.ranks[0], run), 12);
  run.now_ns = 10'000'000'000;
  EXPECT_FALSE(silent_seconds(run.ranks[0], run));
  run.now_ns = 60'000'000'000;
  run.is_live = false;
  EXPECT_FALSE(silent_seconds(run.ranks[0], run)) << "the clock of a run that has ended stands";
  run.is_live = true;
  run.ranks[0].status->phase = Phase::kEvaluating;
  EXPECT_FALSE(silent_seconds(run.ranks[0], run)) << "evaluation reports nothing for a while";
}

}  // namespace
}  // namespace dplaunch
