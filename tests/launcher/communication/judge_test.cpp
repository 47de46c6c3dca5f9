#include "launcher/communication/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dplaunch {
namespace {

using ::testing::HasSubstr;

constexpr LinkKind kNamed = LinkKind::kNamed;

MeasuredCollective measured(Collective collective, std::int64_t bytes, double us) {
  return {collective, bytes, bytes / 4, "float", false, {us}};
}

CommunicationRecord record_of(int processes, std::vector<MeasuredCollective> results) {
  CommunicationRecord record;
  record.processes = processes;
  record.results = std::move(results);
  return record;
}

// The formulas are those of doc/PERFORMANCE.md of nccl-tests.
TEST(Judge, HasTheBandwidthsOfNcclTests) {
  const auto judged = judge(record_of(8, {measured(Collective::kAllReduce, 134217728, 1000),
                                          measured(Collective::kAllGather, 134217728, 1000),
                                          measured(Collective::kBroadcast, 134217728, 1000)}),
                            {});
  for (const JudgedCollective& each : judged) {
    EXPECT_DOUBLE_EQ(each.algorithm_bytes_per_second, 134.217728e9);
    EXPECT_FALSE(each.is_slow.has_value());
    EXPECT_FALSE(each.expected_us.has_value());
    EXPECT_THAT(each.reason, HasSubstr("not measured"));
  }
  EXPECT_DOUBLE_EQ(judged[0].bus_bytes_per_second, 134.217728e9 * 1.75);
  EXPECT_DOUBLE_EQ(judged[1].bus_bytes_per_second, 134.217728e9 * 0.875);
  EXPECT_DOUBLE_EQ(judged[2].bus_bytes_per_second, 134.217728e9);
}

TEST(Judge, TakesTheMedianAndTheNearestRank) {
  MeasuredCollective each = measured(Collective::kBroadcast, 1000, 0);
  each.times_us.clear();
  for (int i = 200; i >= 1; --i) each.times_us.push_back(i);
  const auto judged = judge(record_of(2, {each}), {});
  EXPECT_DOUBLE_EQ(judged[0].p50_us, 100.5);
  EXPECT_DOUBLE_EQ(judged[0].p99_us, 198);  // 99% of 200 values are at most that
}

TEST(Judge, NamesWhatIsSlowForItsLink) {
  const LinkExpectation link{kNamed, 12.5e6, "--link 100Mbit"};
  const auto judged = judge(record_of(2, {measured(Collective::kAllReduce, 1024, 200),
                                          measured(Collective::kAllReduce, 4096, 600),
                                          measured(Collective::kAllReduce, 12'500, 1100),
                                          measured(Collective::kAllReduce, 12'500'000, 1.05e6),
                                          measured(Collective::kAllReduce, 25'000'000, 5e6)}),
                            link);
  EXPECT_FALSE(judged[0].is_slow.has_value());
  EXPECT_FALSE(judged[1].is_slow.has_value()) << "twice 328 us of the link are no 2000 us";
  EXPECT_THAT(judged[1].reason, HasSubstr("latency"));
  EXPECT_EQ(judged[2].is_slow, false);
  EXPECT_DOUBLE_EQ(*judged[3].expected_us, 1e6 + 200);
  EXPECT_EQ(judged[3].is_slow, false);
  EXPECT_EQ(judged[3].reason, "");
  EXPECT_EQ(judged[4].is_slow, true);
  EXPECT_EQ(judged[4].reason, "5.00 MB/s is less than half of 12.5 MB/s (--link 100Mbit)");
}

TEST(Judge, TakesNoLatencyFromALargeSize) {
  const auto judged = judge(record_of(2, {measured(Collective::kAllReduce, 44'880'528, 9000)}),
                            {LinkKind::kAtLeast, 5e9, "PCIe"});
  EXPECT_DOUBLE_EQ(*judged[0].expected_us, 44'880'528 / 5e3);
  EXPECT_EQ(judged[0].is_slow, true);
  EXPECT_EQ(judged[0].reason, "4.99 GB/s is less than the least of 5.00 GB/s (PCIe)");
}

TEST(Judge, LeavesAFloorTenTimes) {
  const LinkExpectation floor{LinkKind::kFloor, 1e9, "sockets"};
  const auto judged = judge(record_of(2, {measured(Collective::kBroadcast, 10'000'000, 99'000),
                                          measured(Collective::kBroadcast, 20'000'000, 201'000)}),
                            floor);
  EXPECT_EQ(judged[0].is_slow, false);
  EXPECT_EQ(judged[1].is_slow, true);
}

}  // namespace
}  // namespace dplaunch
