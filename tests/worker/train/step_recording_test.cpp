#include "worker/train/step_recording.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace dplaunch {
namespace {

/// What a run of steps did, in order: "w" the work itself, "r" its recording, "p" a replay, "s" and
/// "f" the answer whether all ranks have recorded it.
class Steps {
 public:
  bool can_record = true;
  bool can_others_record = true;

  std::string run(int steps) {
    for (int i = 0; i < steps; ++i) {
      recording_.run([this] { done_ += recording_.is_recording() ? "(w)" : "w"; });
    }
    return done_;
  }
  const std::string& failure() const { return failure_; }

 private:
  StepRecording::Means means() {
    return {.record =
                [this](const StepRecording::Work& work) {
                  done_ += "r";
                  work();
                  if (!can_record) throw std::runtime_error("the stream said no");
                },
            .replay = [this] { done_ += "p"; },
            .has_succeeded =
                [this](const std::string& own_failure) {
                  EXPECT_FALSE(recording_.is_recording());
                  failure_ = own_failure;
                  const bool is_recorded = own_failure.empty() && can_others_record;
                  done_ += is_recorded ? "s" : "f";
                  return is_recorded;
                }};
  }

  std::string done_;
  std::string failure_;
  StepRecording recording_{means()};
};

const std::string kWarmUp(StepRecording::kWarmUpSteps, 'w');

TEST(StepRecording, RecordsAfterTheWarmUpAndReplaysFromThereOn) {
  Steps steps;
  EXPECT_EQ(steps.run(StepRecording::kWarmUpSteps), kWarmUp);
  // The recording does nothing itself: the step that it stands in is the first replay.
  EXPECT_EQ(steps.run(1), kWarmUp + "r(w)sp");
  EXPECT_EQ(steps.run(3), kWarmUp + "r(w)spppp");
}

TEST(StepRecording, GoesOnWithoutWhereARecordingFails) {
  Steps steps;
  steps.can_record = false;
  EXPECT_EQ(steps.run(StepRecording::kWarmUpSteps + 3), kWarmUp + "r(w)fwww");
  EXPECT_EQ(steps.failure(), "the stream said no");
}

TEST(StepRecording, GoesOnWithoutWhereAnotherRankFailed) {
  Steps steps;
  steps.can_others_record = false;
  EXPECT_EQ(steps.run(StepRecording::kWarmUpSteps + 3), kWarmUp + "r(w)fwww");
  EXPECT_EQ(steps.failure(), "");
}

}  // namespace
}  // namespace dplaunch
