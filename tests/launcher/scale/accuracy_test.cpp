#include "launcher/scale/accuracy.h"

#include <gmock/gmock.h>

#include "launcher/scale/accuracy_results.h"

namespace dplaunch {
namespace {

Json epoch(double seconds, int images, double top1) {
  return {{"seconds", seconds}, {"images", images}, {"test_loss", 1.0}, {"test_top1", top1}};
}

TEST(AccuracyRun, EndsWithTheFirstEvaluationThatHasIt) {
  Json unevaluated = {{"seconds", 2.0}, {"images", 100}};
  const std::vector<Json> epochs = {epoch(3, 100, 20), unevaluated, epoch(4, 100, 41),
                                    epoch(5, 100, 39)};
  const AccuracyRun there = accuracy_run(epochs, 40);
  EXPECT_TRUE(there.is_reached);
  EXPECT_DOUBLE_EQ(there.seconds, 9);
  EXPECT_EQ(there.images, 300);
  EXPECT_EQ(there.epochs, 3);
  const AccuracyRun never = accuracy_run(epochs, 42);
  EXPECT_FALSE(never.is_reached);
  EXPECT_EQ(never.epochs, 4);
  EXPECT_DOUBLE_EQ(never.best_top1, 41);
}

std::vector<RunRecord> runs_of(const std::string& point, const std::vector<double>& seconds) {
  std::vector<RunRecord> records;
  for (const double value : seconds) {
    RunRecord record;
    record.block = static_cast<int>(records.size()) + 1;
    record.point = point;
    record.accuracy = AccuracyRun{.is_reached = value > 0, .seconds = value, .images = 10};
    records.push_back(record);
  }
  return records;
}

// Order statistics need no more of a run than that it takes longer than the others.
TEST(AccuracyResults, CountARunThatDidNotGetThereAsOneForEver) {
  const auto points = accuracy_points({{PointKind::kBaseline, 1, "1"},
                                       {PointKind::kWeak, 2, "2"},
                                       {PointKind::kGroupOfOne, 1, "1 with a group"}},
                                      40);
  ASSERT_EQ(points.size(), 2) << "controls are not trained to an accuracy";
  EXPECT_EQ(points[1].name, "2 to 40%");
  std::vector<RunRecord> records = runs_of("1 to 40%", {10, 12, 14, 16, 18, 0});
  for (const RunRecord& record : runs_of("2 to 40%", {5, 0, 0, 8, 0, 0})) {
    records.push_back(record);
  }
  const auto results = accuracy_results(points, records);
  EXPECT_EQ(results[0].reached, 5);
  EXPECT_DOUBLE_EQ(results[0].seconds.median, 15);
  // Hettmansperger and Sheather's interpolation for six values at 95%: 0.5 / 1.4 of the way.
  EXPECT_DOUBLE_EQ(results[0].seconds.low, 10 + 2 * 0.5 / 1.4);
  EXPECT_TRUE(is_never(results[0].seconds.high));
  EXPECT_EQ(results[1].reached, 2);
  EXPECT_TRUE(is_never(results[1].seconds.median));
  EXPECT_EQ(results[1].speedup.count, 2);
  EXPECT_DOUBLE_EQ(results[1].speedup.median, 2) << "10 / 5 and 16 / 8, of the same blocks";
}

}  // namespace
}  // namespace dplaunch
