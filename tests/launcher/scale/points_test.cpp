#include "launcher/scale/points.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "launcher/scale/measure_run.h"
#include "launcher/scale/metric.h"
#include "tests/support/expect_error.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

std::vector<std::string> names(const PointRequest& request) {
  std::vector<std::string> names;
  for (const Point& point : points_of(request)) names.push_back(point.name);
  return names;
}

TEST(ScalePoints, HaveTheBaselineAndItsControls) {
  EXPECT_THAT(names({.world_sizes = {4, 1, 2, 2}, .cores_per_process = 3}),
              ElementsAre("1", "2", "4", "1 with a group", "1 on 12 cores"));
  EXPECT_THAT(names({.world_sizes = {2}, .mode = ScaleMode::kBoth, .is_cpu = false}),
              ElementsAre("1", "2", "2 strong", "1 with a group"));
  EXPECT_THAT(names({.world_sizes = {2}, .mode = ScaleMode::kStrong, .is_command = true}),
              ElementsAre("1", "2 strong"));
  EXPECT_THAT(names({.world_sizes = {1}}), ElementsAre("1"));
  EXPECT_THAT(names({.world_sizes = {2}, .has_controls = false}), ElementsAre("1", "2"));
}

TEST(ScalePoints, AreInRandomOrderInEachBlock) {
  std::set<std::vector<std::size_t>> orders;
  for (int block = 1; block <= 200; ++block) {
    std::vector<std::size_t> order = order_of_block(7, block, 3);
    EXPECT_EQ(order, order_of_block(7, block, 3));
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_THAT(order, ElementsAre(0, 1, 2));
  }
  EXPECT_EQ(orders.size(), 6) << "all orders come";
}

Experiment on_cpu(int cores_per_process) {
  Experiment experiment;
  experiment.folder = "exp";
  experiment.cores_per_process = cores_per_process;
  experiment.evaluated_images = 10000;
  experiment.config.bsize = 64;
  experiment.points = points_of(
      {.world_sizes = {2}, .mode = ScaleMode::kBoth, .cores_per_process = cores_per_process});
  return experiment;
}

TEST(ScaleRun, GivesAProcessAsManyCoresAtEveryPoint) {
  const Experiment experiment = on_cpu(2);
  const std::vector<int> allowed = {0, 1, 4, 5, 6};
  EXPECT_THAT(cpus_of(experiment, experiment.points[0], allowed), ElementsAre(0, 1));
  EXPECT_THAT(cpus_of(experiment, experiment.points[1], allowed), ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(cpus_of(experiment, experiment.points.back(), allowed), ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(cpus_of(on_cpu(0), experiment.points[0], allowed), IsEmpty());
}

TEST(ScaleRun, SharesTheBatchInStrongScaling) {
  const Experiment experiment = on_cpu(1);
  EXPECT_THAT(job_words(experiment, experiment.points[1], 1, "dplaunch", "b"),
              IsSupersetOf({"cpu:2", "bsize=64", "limit_test=1000", "step_times=true"}));
  EXPECT_THAT(job_words(experiment, experiment.points[2], 1, "dplaunch", "b"),
              IsSupersetOf({"cpu:2", "bsize=32"}));
  EXPECT_THAT(job_words(experiment, experiment.points[3], 1, "dplaunch", "b"),
              IsSupersetOf({"cpu:1", "bsize=64", "group_of_one=true"}));
}

TEST(Metric, IsTheFirstGroupOfEachLine) {
  const std::string text = "step 1 images/s: 10.5\nnothing\nstep 2 images/s: 2e2, images/s: 7\n";
  EXPECT_THAT(metric_values(text, "images/s: ([0-9.e]+)"), ElementsAre(10.5, 200));
  EXPECT_THAT(metric_values(std::string(100'000, 'x') + " images/s: 3\n", "images/s: (.*)"),
              IsEmpty());
}

// Equal pieces of work at 10 and at 30 a second take 1/10 and 1/30 s: 1/15 in the mean.
TEST(Metric, OfRatesIsTheMeanOfTheirTimes) {
  EXPECT_DOUBLE_EQ(*steady_seconds({10, 30}, MetricKind::kRate), 1.0 / 15);
  EXPECT_DOUBLE_EQ(*steady_seconds({10, 30}, MetricKind::kSeconds), 20);
  EXPECT_FALSE(steady_seconds({0, -1}, MetricKind::kRate));
}

TEST(Metric, ThatIsNoPatternIsRefused) {
  testing::expect_contains(
      testing::error_of(ExitCode::kUsage, [] { check_metric("images/s: ([0-9"); }),
      "no regular expression");
  testing::expect_contains(testing::error_of(ExitCode::kUsage, [] { check_metric("images/s"); }),
                           "no group ( )");
}

}  // namespace
}  // namespace dplaunch
