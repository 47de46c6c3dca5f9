#include "launcher/model/predict_steps.h"

#include <gmock/gmock.h>

#include <array>

#include "base/error.h"
#include "launcher/model/score.h"

namespace dplaunch {
namespace {

using ::testing::DoubleNear;

constexpr double kStepTolerance = 1e-9;

StepPrediction predict(const Profile& profile, int processes) {
  return predict_steps(profile, AllReduceAlgorithm::kRing, std::array{processes}).front();
}

Quantity ms(double value) {
  return {value * 1e-3, Origin::kMeasured};
}

/// 10 ms forward, 20 backward, 1 update, 2 of waiting, 3 and 4 amortised; 1 MB each ready after 10
/// and 20 ms; 1 GB/s, so a ring of two takes 1 ms, of four 1.5 ms.
Profile forty_ms() {
  Profile profile;
  profile.images_per_step = {128, Origin::kGiven};
  profile.forward_s = ms(10);
  profile.backward_s = ms(20);
  profile.update_s = ms(1);
  profile.input_wait_s = ms(2);
  profile.evaluation_s = ms(3);
  profile.checkpoint_s = ms(4);
  profile.buckets = {{1e6, 10e-3}, {1e6, 20e-3}};
  const Link link{1e9, 0};
  profile.network = Network{link, link, 1};
  return profile;
}

TEST(PredictSteps, AddsThePartsOfWeakScaling) {
  const StepPrediction one = predict(forty_ms(), 1);
  EXPECT_THAT(one.step_s, DoubleNear(40e-3, kStepTolerance));
  EXPECT_THAT(one.images_per_second, DoubleNear(3200, 1e-6));
  const StepPrediction four = predict(forty_ms(), 4);
  EXPECT_THAT(four.parts.exposed_s, DoubleNear(1.5e-3, kStepTolerance));
  EXPECT_THAT(four.communication_s, DoubleNear(3e-3, kStepTolerance));
  // Four times fewer steps for a checkpoint of the same length: 16 in place of 4 ms.
  EXPECT_THAT(four.parts.amortised_s, DoubleNear(19e-3, kStepTolerance));
  EXPECT_THAT(four.step_s, DoubleNear(53.5e-3, kStepTolerance));
  EXPECT_THAT(four.efficiency(), DoubleNear(40 / 53.5, kStepTolerance));
  EXPECT_THAT(four.images_per_second, DoubleNear(4 * 128 / 53.5e-3, 1e-6));
  EXPECT_FALSE(four.interval) << "nothing was measured on several processes";
}

TEST(PredictSteps, SharesOutTheBatchOfStrongScaling) {
  Profile profile = forty_ms();
  profile.mode = ScalingMode::kStrong;
  const StepPrediction two = predict(profile, 2);
  // (10 + 20) / 2 + 1 update, waiting 1, evaluation 1.5, checkpoint 4; the last bucket ready at 10
  // ms.
  EXPECT_THAT(two.parts.compute_s, DoubleNear(16e-3, kStepTolerance));
  EXPECT_THAT(two.parts.exposed_s, DoubleNear(1e-3, kStepTolerance));
  EXPECT_THAT(two.step_s, DoubleNear(23.5e-3, kStepTolerance));
  EXPECT_THAT(two.ideal_s, DoubleNear(20e-3, kStepTolerance));
  EXPECT_THAT(two.images_per_second, DoubleNear(128 / 23.5e-3, 1e-6));
}

TEST(PredictSteps, WaitsForTheSlowestRank) {
  Profile profile = forty_ms();
  profile.jitter_s = ms(2);
  EXPECT_THAT(predict(profile, 4).parts.straggler_s,
              DoubleNear(2e-3 * (25.0 / 12 - 1), kStepTolerance));
  profile.rank_work_s = {{1e-3, 1e-3}, {3e-3, 3e-3}};  // the slower one of two: 2.5 ms on average
  EXPECT_THAT(predict(profile, 2).parts.straggler_s, DoubleNear(0.5e-3, kStepTolerance));
}

TEST(PredictSteps, PrefersMeasuredAllReduces) {
  Profile profile = forty_ms();
  profile.curves = {{2, {{1e6, 5e-3}}}};
  EXPECT_THAT(predict(profile, 2).parts.exposed_s, DoubleNear(5e-3, kStepTolerance));
}

TEST(PredictSteps, RefusesWhatItCannotKnow) {
  Profile profile = forty_ms();
  profile.network.reset();
  EXPECT_NO_THROW(predict(profile, 1));
  EXPECT_THROW(predict(profile, 2), Error);
  EXPECT_THROW(predict(Profile(), 1), Error);
}

/// Whole steps alone: 100 ms, and 110 ms on two.
Profile measured_on_two() {
  Profile profile;
  profile.measured = {{1, {0.1}}, {2, {0.11}}};
  return profile;
}

// 10 ms lost at harmonic(2) - 1 = 1/2: 4 processes lose 10 * (13/12) / (1/2).
TEST(PredictSteps, LetsAMeasuredLossGrow) {
  const StepPrediction four = predict(measured_on_two(), 4);
  EXPECT_THAT(four.lost_s(), DoubleNear(0.01 * 13 / 6, kStepTolerance));
  EXPECT_THAT(four.parts.unexplained_s, DoubleNear(0.01 * 13 / 6, kStepTolerance));
  ASSERT_TRUE(four.interval);
  EXPECT_THAT(four.interval->low_s, DoubleNear(0.11, kStepTolerance));   // as on two
  EXPECT_THAT(four.interval->high_s, DoubleNear(0.13, kStepTolerance));  // three times it
}

// Between measured numbers of processes it lies between their losses, or the fit's.
TEST(PredictSteps, KnowsMoreBetweenMeasurements) {
  Profile profile;
  profile.measured = {{1, {0.1}}, {8, {0.13}}};
  const StepPrediction two = predict(profile, 2);
  ASSERT_TRUE(two.interval);
  EXPECT_THAT(two.interval->low_s, DoubleNear(0.1, kStepTolerance));
  EXPECT_THAT(two.interval->high_s, DoubleNear(0.13, kStepTolerance));
  EXPECT_THAT(predict(profile, 8).interval->high_s, DoubleNear(0.13, kStepTolerance));
}

// The ring says 1 ms on two processes and 0.4 was lost: the 1.5 ms on four become 0.6.
TEST(PredictSteps, ScalesDownAModelThatSaysTooMuch) {
  Profile profile;
  profile.backward_s = ms(20);
  profile.buckets = {{1e6, 20e-3}};
  const Link link{1e9, 0};
  profile.network = Network{link, link, 1};
  profile.measured = {{1, {20e-3}}, {2, {20.4e-3}}};
  EXPECT_THAT(predict(profile, 4).lost_s(), DoubleNear(0.6e-3, kStepTolerance));
}

TEST(PredictSteps, NeverTurnsALossIntoAGain) {
  Profile profile = measured_on_two();
  profile.measured.back().step_s = {0.09};
  EXPECT_EQ(predict(profile, 8).lost_s(), 0);
}

TEST(PredictSteps, WidensTheIntervalByTheScatterOfRepeats) {
  Profile profile = measured_on_two();
  profile.measured = {{1, {0.099, 0.1, 0.101}}, {2, {0.108, 0.11, 0.112}}};
  const StepPrediction four = predict(profile, 4);
  ASSERT_TRUE(four.interval);
  EXPECT_LT(four.interval->low_s, 0.109);
  EXPECT_GT(four.interval->high_s, 0.131);
  EXPECT_EQ(predict(profile, 4).interval->low_s, four.interval->low_s) << "a fixed seed";
}

// What "train on 1 and 2, predict 4" comes to: losses of a known law, the largest left out.
TEST(PredictionScore, IsOfTheLostTimeBesideTheNull) {
  Profile profile = measured_on_two();
  profile.measured.push_back({4, {0.125}});
  const auto score = score_held_out(profile, AllReduceAlgorithm::kRing);
  ASSERT_TRUE(score);
  EXPECT_EQ(score->processes, 4);
  EXPECT_EQ(score->before, 2);
  EXPECT_THAT(score->lost_error, DoubleNear((25 - 10 * 13.0 / 6) / 25, kStepTolerance));
  EXPECT_THAT(score->null_lost_error, DoubleNear(15.0 / 25, kStepTolerance));
  EXPECT_THAT(score->null_step_error, DoubleNear(15.0 / 125, kStepTolerance));
  EXPECT_TRUE(score->is_in_interval.value());
}

TEST(PredictionScore, DoesNotLookAtWhatIsHeldOut) {
  Profile profile = measured_on_two();
  profile.measured.push_back({4, {0.125}});
  const double error = score_held_out(profile, AllReduceAlgorithm::kRing)->lost_error;
  profile.backward_s = ms(20);
  profile.buckets = {{1e6, 20e-3}};
  profile.curves = {{4, {{1e6, 5e-3}}}};
  EXPECT_FALSE(score_held_out(profile, AllReduceAlgorithm::kRing))
      << "no other all-reduce is known";
  profile.buckets.clear();
  profile.rank_work_s.assign(4, {1e-3, 9e-3});
  EXPECT_DOUBLE_EQ(score_held_out(profile, AllReduceAlgorithm::kRing)->lost_error, error);
}

TEST(PredictionScore, NeedsThreeNumbersOfProcesses) {
  EXPECT_FALSE(score_held_out(measured_on_two(), AllReduceAlgorithm::kRing));
}

}  // namespace
}  // namespace dplaunch
