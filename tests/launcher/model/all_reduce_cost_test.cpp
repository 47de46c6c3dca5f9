// Worked by hand from the published formulas, with round numbers: 100 MB take 10 ms at 10 GB/s.
#include "launcher/model/all_reduce_cost.h"

#include <gmock/gmock.h>

namespace dplaunch {
namespace {

using ::testing::DoubleNear;

constexpr double kBytes = 100e6;
constexpr double kTolerance = 1e-9;

Network flat() {
  const Link link{10e9, 10e-6};
  return {link, link, 1};
}

/// Hosts of four processes: 100 GB/s and 2 us within.
Network hosts_of_four() {
  return {{10e9, 10e-6}, {100e9, 2e-6}, 4};
}

double seconds(AllReduceAlgorithm algorithm, int processes, const Network& network) {
  return all_reduce_seconds(algorithm, kBytes, processes, network);
}

TEST(AllReduceCost, OfOneProcessIsNothing) {
  for (const AllReduceAlgorithm algorithm :
       {AllReduceAlgorithm::kAuto, AllReduceAlgorithm::kRing, AllReduceAlgorithm::kHalvingDoubling,
        AllReduceAlgorithm::kTree, AllReduceAlgorithm::kHierarchical}) {
    EXPECT_EQ(seconds(algorithm, 1, flat()), 0);
  }
}

TEST(AllReduceCost, OfARing) {
  // 2 * 3 * 10 us + 2 * 3/4 * 10 ms
  EXPECT_THAT(seconds(AllReduceAlgorithm::kRing, 4, flat()), DoubleNear(15.06e-3, kTolerance));
  // Two hosts: 2 * (1 * 10 us + 6 * 2 us) + 2 * 7/8 * 10 ms
  EXPECT_THAT(seconds(AllReduceAlgorithm::kRing, 8, hosts_of_four()),
              DoubleNear(17.544e-3, kTolerance));
  // One host: 2 * 3 * 2 us + 2 * 3/4 * 1 ms
  EXPECT_THAT(seconds(AllReduceAlgorithm::kRing, 4, hosts_of_four()),
              DoubleNear(1.512e-3, kTolerance));
}

TEST(AllReduceCost, OfHalvingAndDoubling) {
  // 2 * 3 * 10 us + 2 * 7/8 * 10 ms
  EXPECT_THAT(seconds(AllReduceAlgorithm::kHalvingDoubling, 8, flat()),
              DoubleNear(17.56e-3, kTolerance));
  // 2 * 2 * 10 us + 2 * 3/4 * 10 ms of four, and 2 * (10 us + 10 ms) for two more
  EXPECT_THAT(seconds(AllReduceAlgorithm::kHalvingDoubling, 6, flat()),
              DoubleNear(35.06e-3, kTolerance));
  // Four times half the vector over a host's link, then a quarter and an eighth within it.
  EXPECT_THAT(seconds(AllReduceAlgorithm::kHalvingDoubling, 8, hosts_of_four()),
              DoubleNear(40.778e-3, kTolerance));
}

TEST(AllReduceCost, OfATree) {
  // 2 * 3 * 10 us + 2 * 10 ms
  EXPECT_THAT(seconds(AllReduceAlgorithm::kTree, 8, flat()), DoubleNear(20.06e-3, kTolerance));
  EXPECT_THAT(seconds(AllReduceAlgorithm::kTree, 5, flat()), DoubleNear(20.06e-3, kTolerance));
  // Four hosts: 2 * (2 * 10 us + 3 * 2 us) + 2 * 10 ms
  EXPECT_THAT(seconds(AllReduceAlgorithm::kTree, 16, hosts_of_four()),
              DoubleNear(20.052e-3, kTolerance));
}

TEST(AllReduceCost, OfHosts) {
  // 2 * 3 * 2 us + 2 * 3/4 * 1 ms within, 2 * 10 us + 2 * 1/2 * 10 ms between
  EXPECT_THAT(seconds(AllReduceAlgorithm::kHierarchical, 8, hosts_of_four()),
              DoubleNear(11.532e-3, kTolerance));
}

TEST(AllReduceCost, IsThatOfATreeForSmallAndOfARingForLarge) {
  constexpr int kMany = 64;
  for (const auto& [bytes, algorithm] :
       {std::pair(1e3, AllReduceAlgorithm::kTree), std::pair(10e9, AllReduceAlgorithm::kRing)}) {
    EXPECT_EQ(all_reduce_seconds(AllReduceAlgorithm::kAuto, bytes, kMany, flat()),
              all_reduce_seconds(algorithm, bytes, kMany, flat()));
  }
}

TEST(AllReduceCost, KnowsItsWords) {
  EXPECT_EQ(algorithm_of("halving-doubling"), AllReduceAlgorithm::kHalvingDoubling);
  EXPECT_EQ(algorithm_of("butterfly"), std::nullopt);
  EXPECT_EQ(to_word(AllReduceAlgorithm::kHierarchical), "hierarchical");
}

}  // namespace
}  // namespace dplaunch
