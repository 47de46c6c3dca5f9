#include "launcher/scale/prediction.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

constexpr double kMiB = 1 << 20;

/// Of 20 equal steps; milliseconds of waiting for data, forward, backward, all-reduce, update.
RunRecord run_of(const std::string& point, int block, std::size_t ranks, PartSeconds parts_ms) {
  double seconds = 0;
  for (double& part : parts_ms) {
    part /= 1000;
    seconds += part;
  }
  RunRecord record;
  record.point = point;
  record.block = block;
  record.run = point + "-" + std::to_string(block);
  record.figures =
      run_figures(std::vector(ranks, std::vector<StepTimes>(20, {1, seconds, parts_ms})));
  return record;
}

/// 100 ms on one process, of which backward is the last 70 before the update's 0; 140 on two.
struct TwoProcesses {
  Experiment experiment;
  std::vector<RunRecord> records;
  ModelInputs inputs;

  TwoProcesses() {
    experiment.config.bucket_mb = 4;
    experiment.points = {{PointKind::kBaseline, 1, "1"}, {PointKind::kWeak, 2, "2"}};
    for (int block = 1; block <= 6; ++block) {
      records.push_back(run_of("1", block, 1, {0, 30, 70, 0, 0}));
      records.push_back(run_of("2", block, 2, {0, 30, 70, 40, 0}));
    }
  }

  /// One gradient of 1 MiB, which comes last, and a link of 40 ms a MiB without a latency.
  void add_inputs() {
    for (int block = 1; block <= 6; ++block) {
      inputs.gradients["1-" + std::to_string(block)] = {{kMiB, 0.07}};
      inputs.group_cost[block].fp32 = {2, {{kMiB / 4, 0.01}, {kMiB, 0.04}}};
    }
  }
};

// A ring of two sends 2 (1/2), one of four 2 (3/4) of the bytes: 40 ms become 60.
TEST(Prediction, OfPartsGrowsAsTheirAllReduce) {
  TwoProcesses given;
  given.add_inputs();
  const auto next = predict_next(given.experiment, given.records, given.inputs);
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->is_of_parts);
  EXPECT_EQ(next->step.processes, 4);
  EXPECT_NEAR(next->step.parts.exposed_s, 0.06, 1e-9);
  EXPECT_NEAR(next->step.step_s, 0.16, 1e-9);
  EXPECT_NEAR(next->null_step_s, 0.14, 1e-9);
}

// Without them as 1/2 + ... + 1/N: 40 ms become 40 (13/12) / (1/2).
TEST(Prediction, OfStepTimesAloneGrowsHarmonically) {
  const TwoProcesses given;
  const auto next = predict_next(given.experiment, given.records, given.inputs);
  ASSERT_TRUE(next);
  EXPECT_FALSE(next->is_of_parts);
  EXPECT_NEAR(next->step.step_s, 0.1 + 0.04 * 13 / 6, 1e-9);
}

}  // namespace
}  // namespace dplaunch
