#include "launcher/model/bucket_replay.h"

#include <gmock/gmock.h>

#include <array>

namespace dplaunch {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Field;

constexpr std::array<Bucket, 3> kBuckets = {{{1, 10e-3}, {1, 20e-3}, {1, 30e-3}}};
constexpr double kBackwardSeconds = 30e-3;

// Ready at 10, 20, 30 ms; 15 ms each: done at 25, 40, 55 ms.
TEST(BucketReplay, QueuesWhatIsSlowerThanTheBackwardPass) {
  const Replay replay =
      replay_buckets(kBuckets, kBackwardSeconds, [](double /*bytes*/) { return 15e-3; });
  EXPECT_DOUBLE_EQ(replay.finish_s, 55e-3);
  EXPECT_DOUBLE_EQ(replay.exposed_s, 25e-3);
  EXPECT_DOUBLE_EQ(replay.communication_s, 45e-3);
}

// 5 ms each: done at 15, 25, 35 ms, so only the last one shows.
TEST(BucketReplay, HidesAllButTheLastBehindTheBackwardPass) {
  const Replay replay =
      replay_buckets(kBuckets, kBackwardSeconds, [](double /*bytes*/) { return 5e-3; });
  EXPECT_DOUBLE_EQ(replay.exposed_s, 5e-3);
}

TEST(BucketReplay, ShowsNothingOfWhatIsDoneBeforeTheEnd) {
  const std::array<Bucket, 1> early = {{{1, 10e-3}}};
  const Replay replay =
      replay_buckets(early, kBackwardSeconds, [](double /*bytes*/) { return 5e-3; });
  EXPECT_EQ(replay.exposed_s, 0);
}

TEST(BucketReplay, AsksForEachBucketsSize) {
  const std::array<Bucket, 2> unequal = {{{8, 0}, {2, 0}}};
  const Replay replay = replay_buckets(unequal, 0, [](double bytes) { return bytes * 1e-3; });
  EXPECT_DOUBLE_EQ(replay.exposed_s, 10e-3);
}

auto bucket(double bytes, double ready_s) {
  return ::testing::AllOf(Field(&Bucket::bytes, DoubleEq(bytes)),
                          Field(&Bucket::ready_s, DoubleEq(ready_s)));
}

TEST(BucketReplay, CutsTheSameGradientInOtherPieces) {
  const std::array<Bucket, 2> measured = {{{8, 10}, {4, 30}}};
  EXPECT_THAT(rebucketed(measured, 4), ElementsAre(bucket(4, 5), bucket(4, 10), bucket(4, 30)));
  EXPECT_THAT(rebucketed(measured, 10), ElementsAre(bucket(10, 20), bucket(2, 30)));
  EXPECT_THAT(rebucketed(measured, 100), ElementsAre(bucket(12, 30)));
}

// The answers of torch 2.11's _compute_bucket_assignment_by_size(tensors, [first, others]).
TEST(BucketReplay, GroupsGradientsAsC10dDoes) {
  std::vector<Bucket> gradients;
  for (const double bytes : {400., 25600., 256., 256., 36864., 700000., 400000., 64., 64., 1728.,
                             2000000., 100., 900000., 8.}) {
    gradients.push_back({bytes, gradients.empty() ? 1e-3 : gradients.back().ready_s + 1e-3});
  }
  const auto sizes = [&](double first, double others) {
    std::vector<double> bytes;
    for (const Bucket& bucket : grouped(gradients, first, others)) bytes.push_back(bucket.bytes);
    return bytes;
  };
  EXPECT_THAT(sizes(1048576, 4194304), ElementsAre(1163376, 2901964));
  EXPECT_THAT(sizes(1048576, 1048576), ElementsAre(1163376, 2001856, 900108));
  EXPECT_THAT(sizes(65536, 65536), ElementsAre(763376, 400000, 2001856, 900100, 8));
  EXPECT_THAT(sizes(10486, 10486), ElementsAre(26000, 37376, 700000, 400000, 2001856, 900100, 8));
  const std::vector<Bucket> two = grouped(gradients, 1048576, 4194304);
  EXPECT_DOUBLE_EQ(two[0].ready_s, 7e-3);
  EXPECT_DOUBLE_EQ(two[1].ready_s, 14e-3);
}

}  // namespace
}  // namespace dplaunch
