#include "launcher/model/comm_curve.h"

#include <gmock/gmock.h>

#include <array>

namespace dplaunch {
namespace {

using ::testing::DoubleNear;

const CommCurve kTwoProcesses{2, {{1e3, 100e-6}, {1e5, 10e-3}, {1e6, 20e-3}}};

TEST(CommCurve, IsStraightInLogLogBetweenMeasuredSizes) {
  EXPECT_DOUBLE_EQ(measured_seconds(kTwoProcesses, 1e3), 100e-6);
  EXPECT_THAT(measured_seconds(kTwoProcesses, 1e4), DoubleNear(1e-3, 1e-12));
  EXPECT_DOUBLE_EQ(measured_seconds(kTwoProcesses, 1e5), 10e-3);
}

TEST(CommCurve, KeepsLatencyBelowAndBandwidthAbove) {
  EXPECT_DOUBLE_EQ(measured_seconds(kTwoProcesses, 1), 100e-6);
  EXPECT_DOUBLE_EQ(measured_seconds(kTwoProcesses, 3e6), 60e-3);
}

// Of a ring of 10 us and 1 GB/s, by hand: 2 processes 2 * 10 us + bytes/B, 8 processes 14 * 10 us +
// 14/8 bytes/B.
TEST(CommCurve, BecomesARingsOnMoreProcesses) {
  const CommCurve ring{2, {{1e3, 21e-6}, {1e6, 1020e-6}}};
  EXPECT_THAT(extrapolated_seconds(ring, AllReduceAlgorithm::kAuto, 1e3, 8),
              DoubleNear(141.75e-6, 1e-12));
  EXPECT_THAT(extrapolated_seconds(ring, AllReduceAlgorithm::kRing, 1e6, 8),
              DoubleNear(1890e-6, 1e-12));
  EXPECT_DOUBLE_EQ(extrapolated_seconds(ring, AllReduceAlgorithm::kRing, 1e6, 2), 1020e-6);
  EXPECT_EQ(extrapolated_seconds(ring, AllReduceAlgorithm::kRing, 1e6, 1), 0);
}

TEST(CommCurve, OfOneSizeIsAllLatency) {
  const CommCurve point{2, {{1e3, 20e-6}}};
  EXPECT_THAT(extrapolated_seconds(point, AllReduceAlgorithm::kRing, 1e3, 4),
              DoubleNear(60e-6, 1e-12));
}

TEST(CommCurve, IsThatOfTheNearestFewerProcesses) {
  const std::array curves = {CommCurve{4, {{1, 1}}}, CommCurve{2, {{1, 1}}},
                             CommCurve{16, {{1, 1}}}};
  EXPECT_EQ(nearest_curve(curves, 8).processes, 4);
  EXPECT_EQ(nearest_curve(curves, 2).processes, 2);
  EXPECT_EQ(nearest_curve(curves, 100).processes, 16);
  EXPECT_EQ(nearest_curve(std::span(curves).first(1), 2).processes, 4);
}

}  // namespace
}  // namespace dplaunch
