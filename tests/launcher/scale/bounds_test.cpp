#include "launcher/scale/bounds.h"

#include <gmock/gmock.h>

namespace dplaunch {
namespace {

// By hand: a tenth of the step is serial, and a group costs a twentieth of one.
TEST(SpeedupBounds, AreAmdahlsAndThatWithTheOverhead) {
  const SpeedupBounds bounds{.serial_share = 0.1, .overhead_share = 0.05};
  EXPECT_DOUBLE_EQ(amdahl_bound(bounds, PointKind::kStrong, 4), 1 / 0.325);
  EXPECT_DOUBLE_EQ(*overhead_bound(bounds, PointKind::kStrong, 4), 1 / 0.375);
  EXPECT_DOUBLE_EQ(amdahl_bound(bounds, PointKind::kWeak, 4), 4);
  EXPECT_DOUBLE_EQ(*overhead_bound(bounds, PointKind::kWeak, 4), 4 / 1.05);
  EXPECT_FALSE(overhead_bound({0.1, std::nullopt}, PointKind::kWeak, 4));
}

RunRecord run(int block, const std::string& point, double step_s, double update_s) {
  RunRecord record;
  record.block = block;
  record.point = point;
  record.figures =
      RunFigures{.steps = 1, .step_seconds = step_s, .ranks = {{0, 0, 0, 0, update_s}}};
  return record;
}

TEST(SpeedupBounds, ComeFromPairsOfABlock) {
  const std::vector<Point> points = {{PointKind::kBaseline, 1, "1"},
                                     {PointKind::kGroupOfOne, 1, "1 with a group"}};
  std::vector<RunRecord> records = {run(1, "1", 1, 0.1), run(2, "1", 2, 0.2), run(3, "1", 4, 0.4),
                                    run(1, "1 with a group", 1.25, 0),
                                    run(2, "1 with a group", 3, 0)};
  auto bounds = speedup_bounds(points, records);
  EXPECT_DOUBLE_EQ(bounds->serial_share, 0.1);
  EXPECT_DOUBLE_EQ(*bounds->overhead_share, (0.25 + 0.5) / 2);
  records.back().figures->step_seconds = 1;
  records[3].figures->step_seconds = 0.5;
  EXPECT_DOUBLE_EQ(*speedup_bounds(points, records)->overhead_share, 0) << "no group is a gain";
  EXPECT_FALSE(speedup_bounds(points, {}));
}

}  // namespace
}  // namespace dplaunch
