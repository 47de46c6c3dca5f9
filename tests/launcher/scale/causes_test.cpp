#include "launcher/scale/causes.h"

#include <gmock/gmock.h>

namespace dplaunch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Point kOne{PointKind::kBaseline, 1, "1"};
const Point kTwo{PointKind::kWeak, 2, "2"};

// Milliseconds of waiting for data, forward, backward, all-reduce, update; then of the whole step.
RunFigures figures(double step_ms, const std::vector<PartSeconds>& ranks_ms) {
  std::vector<std::vector<StepTimes>> ranks;
  for (PartSeconds parts : ranks_ms) {
    for (double& part : parts) part /= 1000;
    ranks.emplace_back(20, StepTimes{1, step_ms / 1000, parts});
  }
  return run_figures(ranks);
}

RunRecord record(int block, const std::string& point, const RunFigures& of_run) {
  RunRecord record;
  record.block = block;
  record.point = point;
  record.figures = of_run;
  return record;
}

/// Six blocks in which one process takes 102 ms a step, and two what is given.
std::vector<RunRecord> experiment(const RunFigures& of_two) {
  std::vector<RunRecord> records;
  for (int block = 1; block <= 6; ++block) {
    records.push_back(record(block, "1", figures(102, {{1, 30, 70, 0, 1}})));
    records.push_back(record(block, "2", of_two));
  }
  return records;
}

std::vector<Cause> causes(const RunFigures& of_two) {
  return causes_of(kTwo, kOne, experiment(of_two));
}

TEST(Causes, OfACleanRunAreNone) {
  EXPECT_THAT(causes(figures(105, {{1, 31, 71, 1, 1}, {1, 30, 70, 3, 1}})), IsEmpty());
}

TEST(Causes, NameTheLink) {
  const auto found = causes(figures(150, {{1, 30, 70, 48, 1}, {1, 30, 70, 48, 1}}));
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].factor, Factor::kOverlap);
  EXPECT_NEAR(found[0].lost_share.median, 48.0 / 150, 1e-9);
  EXPECT_THAT(found[0].evidence, HasSubstr("48.0 ms"));
}

TEST(Causes, NameTheSlowRank) {
  const auto found = causes(figures(205, {{1, 30, 70, 103, 1}, {2, 60, 140, 0, 2}}));
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].factor, Factor::kLoadBalance);
  EXPECT_NEAR(found[0].lost_share.median, 102.0 / 205, 1e-9);
  EXPECT_THAT(found[0].evidence, HasSubstr("rank 1 takes 2.00x the others' time, in every part"));
  EXPECT_THAT(found[0].evidence, HasSubstr("6 of 6 runs"));
}

TEST(Causes, NameTheDelayInOneRanksBackward) {
  const auto found = causes(figures(145, {{1, 30, 110, 0, 1}, {1, 30, 70, 40, 1}}));
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].factor, Factor::kLoadBalance);
  EXPECT_THAT(found[0].evidence, HasSubstr("rank 0"));
  EXPECT_THAT(found[0].evidence, HasSubstr("all of it in backward"));
}

TEST(Causes, NameTheStarvedInput) {
  const auto found = causes(figures(150, {{48, 30, 70, 0, 1}, {48, 30, 70, 0, 1}}));
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].factor, Factor::kInput);
}

TEST(Causes, NameEvaluations) {
  RunFigures job = figures(102, {{1, 30, 70, 0, 1}, {1, 30, 70, 0, 1}});
  job.evaluation_seconds = 0.034;
  const auto found = causes(job);
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].factor, Factor::kAmortised);
  EXPECT_NEAR(found[0].lost_share.median, 0.25, 1e-9);
  EXPECT_THAT(found[0].evidence, HasSubstr("evaluations take 34.0 ms for each step of 102.0 ms"));
  EXPECT_THAT(found[0].remedy, HasSubstr("evaluate_every"));
}

TEST(Causes, NameCheckpoints) {
  RunFigures job = figures(102, {{1, 30, 70, 0, 1}, {1, 30, 70, 0, 1}});
  job.evaluation_seconds = 0.004;
  job.checkpoint_seconds = 0.03;
  const auto found = causes(job);
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].factor, Factor::kAmortised);
  EXPECT_NEAR(found[0].lost_share.median, 0.25, 1e-9);
  EXPECT_THAT(found[0].evidence, HasSubstr("checkpoints take 30.0 ms for each step of 102.0 ms"));
  EXPECT_THAT(found[0].remedy, HasSubstr("checkpoint_every"));
}

TEST(Causes, NameSharedCores) {
  const auto found = causes(figures(202, {{1, 60, 140, 0, 1}, {1, 60, 140, 0, 1}}));
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].factor, Factor::kCompute);
  EXPECT_THAT(found[0].evidence, HasSubstr("201.0 ms a step, one process by itself 101.0 ms"));
}

TEST(Causes, WithoutAPairAreNone) {
  std::vector<RunRecord> records = experiment(figures(205, {{1, 30, 70, 103, 1}}));
  for (RunRecord& record : records) {
    if (record.point == "1") record.problem = "exit code 1";
  }
  EXPECT_THAT(causes_of(kTwo, kOne, records), IsEmpty());
}

}  // namespace
}  // namespace dplaunch
