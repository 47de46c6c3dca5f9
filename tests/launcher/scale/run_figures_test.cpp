#include "launcher/scale/run_figures.h"

#include <gtest/gtest.h>

#include "launcher/scale/efficiency.h"

namespace dplaunch {
namespace {

// Waiting for data, forward, backward, all-reduce, update.
StepTimes step(double seconds, const PartSeconds& parts) {
  return {1, seconds, parts};
}

RunFigures alone() {
  return run_figures({std::vector(4, step(10, {1, 3, 5, 0, 1}))});
}

/// Two ranks, of which the first is slower in backward.
RunFigures two() {
  return run_figures(
      {std::vector(4, step(14, {1, 3, 7, 1, 1})), std::vector(4, step(14, {1, 3, 5, 3, 1}))});
}

TEST(RunFigures, AreMeansOverTheSteps) {
  const RunFigures figures = two();
  EXPECT_EQ(figures.steps, 4);
  EXPECT_EQ(figures.warmup_steps, 0);
  EXPECT_DOUBLE_EQ(figures.step_seconds, 14);
  EXPECT_DOUBLE_EQ(figures.own_seconds, 11);
  EXPECT_DOUBLE_EQ(figures.max_own_seconds, 12);
  EXPECT_DOUBLE_EQ(figures.compute_seconds, 10);
  EXPECT_DOUBLE_EQ(figures.ranks[0][2], 7);
}

// Which rank is the slowest may change from step to step: each costs its step.
TEST(RunFigures, TakeTheSlowestOfEachStep) {
  const StepTimes fast = step(5, {0, 2, 2, 1, 0});
  const StepTimes slow = step(5, {0, 2, 3, 0, 0});
  const RunFigures figures = run_figures({{fast, slow}, {slow, fast}});
  EXPECT_DOUBLE_EQ(figures.own_seconds, 4.5);
  EXPECT_DOUBLE_EQ(figures.max_own_seconds, 5);
}

TEST(RunFigures, StopWhereARankLostItsRows) {
  EXPECT_EQ(run_figures({std::vector(4, step(1, {})), std::vector(3, step(1, {}))}).steps, 3);
  EXPECT_EQ(run_figures({{}, std::vector(3, step(1, {}))}).steps, 0);
  EXPECT_EQ(run_figures({}).steps, 0);
}

// By hand: 9/10, (10/11)/(9/10), 11/12, (12/14)/(10/10).
TEST(Efficiency, IsTheProductOfItsFactors) {
  const Factors factors = factors_of(alone(), two(), 1);
  EXPECT_DOUBLE_EQ(factors[0], 0.9);
  EXPECT_DOUBLE_EQ(factors[1], 10.0 / 11 / 0.9);
  EXPECT_DOUBLE_EQ(factors[2], 11.0 / 12);
  EXPECT_DOUBLE_EQ(factors[3], 12.0 / 14);
  EXPECT_DOUBLE_EQ(factors[4], 1);
  EXPECT_DOUBLE_EQ(product(factors), 10.0 / 14);
  EXPECT_DOUBLE_EQ(efficiency_of(alone(), two(), 1), 10.0 / 14);
}

TEST(Efficiency, CountsWhatLiesBetweenTheSteps) {
  RunFigures one = alone();
  RunFigures job = two();
  one.evaluation_seconds = 1;
  job.evaluation_seconds = 4;
  job.checkpoint_seconds = 2;
  EXPECT_DOUBLE_EQ(product(factors_of(one, job, 1)), 11.0 / 20);
  EXPECT_DOUBLE_EQ(efficiency_of(one, job, 1), 11.0 / 20);
}

TEST(Efficiency, OfStrongScalingIsForAShareOfTheWork) {
  EXPECT_DOUBLE_EQ(product(factors_of(alone(), two(), 0.5)), 5.0 / 14);
}

}  // namespace
}  // namespace dplaunch
