#include "worker/train/run_progress.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace dplaunch {
namespace {

constexpr std::int64_t kStepsPerEpoch = 4;
constexpr std::int64_t kGlobalBatch = 25;

Config progress_config(std::int64_t epochs) {
  Config config;
  config.epochs = epochs;
  config.max_steps = 0;
  config.log_every = 0;
  config.evaluate_every = 1;
  config.checkpoint_every = 1;
  return config;
}

RunProgress progress_of(const Config& config, const Progress& start = {}) {
  return RunProgress(config, kStepsPerEpoch, kGlobalBatch, start);
}

/// Trains what is left of the epoch, with a loss of 2 and every second image recognised.
void train_epoch(RunProgress& progress) {
  EpochPart part;
  while (progress.has_step_left()) {
    progress.count_step();
    part.totals.loss_sum += 2 * kGlobalBatch;
    part.totals.correct += kGlobalBatch / 2.0;
    part.seconds += 1;
  }
  progress.add(part);
}

TEST(RunProgress, CountsStepsImagesAndEpochs) {
  RunProgress progress = progress_of(progress_config(2));
  std::vector<std::int64_t> schedule_steps;
  while (progress.has_epoch_left()) {
    EXPECT_EQ(progress.steps_of_epoch(), 0);
    while (progress.has_step_left()) {
      schedule_steps.push_back(progress.schedule_step());
      progress.count_step();
    }
    EXPECT_TRUE(progress.is_epoch_trained());
    EXPECT_EQ(progress.state().images_in_epoch, 100);
    progress.begin_next_epoch();
  }
  EXPECT_EQ(schedule_steps, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(progress.state(), (Progress{.epochs_done = 2, .steps_done = 8}));
}

TEST(RunProgress, SumsAreOfTheUnfinishedEpoch) {
  RunProgress progress = progress_of(progress_config(2));
  train_epoch(progress);
  EXPECT_DOUBLE_EQ(progress.state().loss_sum, 200);
  EXPECT_DOUBLE_EQ(progress.state().correct, 50);
  EXPECT_DOUBLE_EQ(progress.state().train_seconds, 4);
  progress.begin_next_epoch();
  EXPECT_DOUBLE_EQ(progress.state().loss_sum, 0);
  EXPECT_DOUBLE_EQ(progress.state().correct, 0);
  EXPECT_DOUBLE_EQ(progress.state().train_seconds, 0);
}

TEST(RunProgress, GoesOnInTheMiddleOfAnEpoch) {
  const Progress start{.epochs_done = 1,
                       .steps_done = 6,
                       .images_in_epoch = 50,
                       .loss_sum = 70,
                       .correct = 20,
                       .train_seconds = 3};
  RunProgress progress = progress_of(progress_config(3), start);
  EXPECT_EQ(progress.state(), start);
  EXPECT_EQ(progress.steps_of_epoch(), 2);
  EXPECT_EQ(progress.schedule_step(), 6);
  train_epoch(progress);
  EXPECT_EQ(progress.state().steps_done, 8);
  EXPECT_DOUBLE_EQ(progress.state().loss_sum, 170);
}

// 60 images are two steps of 25: 10 are trained on again, a sixth of the sums.
TEST(RunProgress, AnotherTotalBatchGoesOnFromItsLastWholeStep) {
  const Progress start{.epochs_done = 1,
                       .steps_done = 9,
                       .images_in_epoch = 60,
                       .loss_sum = 120,
                       .correct = 30,
                       .train_seconds = 6};
  const RunProgress progress = progress_of(progress_config(3), start);
  EXPECT_EQ(progress.steps_of_epoch(), 2);
  EXPECT_EQ(progress.state().images_in_epoch, 50);
  EXPECT_DOUBLE_EQ(progress.state().loss_sum, 100);
  EXPECT_DOUBLE_EQ(progress.state().correct, 25);
  EXPECT_DOUBLE_EQ(progress.state().train_seconds, 5);
  EXPECT_EQ(progress.state().steps_done, 9) << "updates were done, whatever their batch";
}

// The smaller batch had trained on 108 of the images, of which four steps of 25 leave 8 out.
TEST(RunProgress, AnEpochWithoutAStepLeftKeepsItsSums) {
  const Progress start{.images_in_epoch = 108, .loss_sum = 216, .correct = 54};
  RunProgress progress = progress_of(progress_config(1), start);
  EXPECT_TRUE(progress.is_epoch_trained());
  EXPECT_FALSE(progress.has_step_left());
  EXPECT_TRUE(progress.has_epoch_left()) << "its evaluation is left";
  EXPECT_EQ(progress.state(), start);
}

TEST(RunProgress, MaxStepsEndsTheRunInAnEpoch) {
  Config config = progress_config(5);
  config.max_steps = 6;
  RunProgress progress = progress_of(config);
  train_epoch(progress);
  EXPECT_FALSE(progress.is_last_epoch());
  progress.begin_next_epoch();
  train_epoch(progress);
  EXPECT_EQ(progress.state().steps_done, 6);
  EXPECT_TRUE(progress.is_last_epoch());
  EXPECT_FALSE(progress.is_epoch_trained());
  EXPECT_FALSE(progress.has_epoch_left());
}

TEST(RunProgress, MaxStepsAtTheEndOfAnEpochLeavesItsEvaluation) {
  Config config = progress_config(5);
  config.max_steps = kStepsPerEpoch;
  RunProgress progress = progress_of(config);
  train_epoch(progress);
  EXPECT_TRUE(progress.is_last_epoch());
  EXPECT_TRUE(progress.has_epoch_left()) << "where a stop came before the evaluation";
  progress.begin_next_epoch();
  EXPECT_FALSE(progress.has_epoch_left());
}

TEST(RunProgress, EvaluationAndCheckpointAreDueEverySoManyEpochsAndAtTheEnd) {
  Config config = progress_config(5);
  config.evaluate_every = 2;
  config.checkpoint_every = 0;
  RunProgress progress = progress_of(config);
  std::vector<bool> evaluations;
  std::vector<bool> checkpoints;
  for (; progress.has_epoch_left(); progress.begin_next_epoch()) {
    train_epoch(progress);
    evaluations.push_back(progress.is_evaluation_due());
    checkpoints.push_back(progress.is_checkpoint_due());
  }
  EXPECT_EQ(evaluations, (std::vector<bool>{false, true, false, true, true}));
  EXPECT_EQ(checkpoints, (std::vector<bool>{false, false, false, false, true}));
}

TEST(RunProgress, LogIsDueEverySoManyStepsOfTheEpoch) {
  Config config = progress_config(1);
  config.log_every = 2;
  RunProgress progress = progress_of(config);
  std::vector<bool> due;
  while (progress.has_step_left()) {
    progress.count_step();
    due.push_back(progress.is_log_due());
  }
  EXPECT_EQ(due, (std::vector<bool>{false, true, false, true}));
  config.log_every = 0;
  EXPECT_FALSE(progress_of(config).is_log_due());
}

TEST(RunProgress, TheBestIsTheFirstOfEquals) {
  RunProgress progress = progress_of(progress_config(3));
  EXPECT_TRUE(progress.note_if_best(0)) << "the first is the best, even with nothing recognised";
  progress.begin_next_epoch();
  EXPECT_FALSE(progress.note_if_best(0));
  EXPECT_EQ(progress.state().best_epoch, 1);
  EXPECT_TRUE(progress.note_if_best(12.5));
  EXPECT_EQ(progress.state().best_epoch, 2);
  EXPECT_DOUBLE_EQ(progress.state().best_top1, 12.5);
}

}  // namespace
}  // namespace dplaunch
