#include "launcher/commands/data/synthetic_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "common/data_set.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using namespace cifar100;
using dplaunch::testing::TemporaryFolder;
using Bytes = std::vector<std::uint8_t>;

Bytes read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class SyntheticSet : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTrain = 4000;
  static constexpr std::int64_t kTest = 1000;
  SyntheticSet() { write_synthetic_set(folder_.path(), kTrain, kTest); }
  Bytes train() const { return read_bytes(folder_.path() / kTrainFile); }
  Bytes test() const { return read_bytes(folder_.path() / kTestFile); }

  TemporaryFolder folder_;
};

TEST_F(SyntheticSet, IsFoundAsSyntheticWithItsCounts) {
  const DataSet set = find_data_set(folder_.path());
  EXPECT_TRUE(set.is_synthetic);
  EXPECT_EQ(set.train_records, kTrain);
  EXPECT_EQ(set.test_records, kTest);
}

TEST_F(SyntheticSet, HasEveryClassEquallyOftenInMixedOrderWithOneCoarseLabelEach) {
  const Bytes bytes = train();
  ASSERT_EQ(bytes.size(), static_cast<std::size_t>(kTrain * kRecordBytes));
  std::array<int, kClasses> count{};
  std::array<std::set<int>, kClasses> coarse_of;
  std::set<int> coarse;
  std::set<int> among_the_first;
  int ascents = 0;
  for (std::int64_t i = 0; i < kTrain; ++i) {
    const int fine = bytes.at(i * kRecordBytes + 1);
    ++count.at(fine);
    coarse_of.at(fine).insert(bytes.at(i * kRecordBytes));
    coarse.insert(bytes.at(i * kRecordBytes));
    if (i < kClasses) among_the_first.insert(fine);
    if (i > 0 && fine > bytes.at((i - 1) * kRecordBytes + 1)) ++ascents;
  }
  for (const int n : count) EXPECT_EQ(n, kTrain / kClasses);
  for (const auto& labels : coarse_of) EXPECT_EQ(labels.size(), 1U);
  EXPECT_EQ(coarse.size(), static_cast<std::size_t>(kCoarseClasses));
  EXPECT_LE(*coarse.rbegin(), kCoarseClasses - 1);
  // Draws of 100 out of 100 show about 63 different ones, sorted or cyclic labels 3 or 100.
  EXPECT_GT(among_the_first.size(), 50U);
  EXPECT_LT(among_the_first.size(), 76U);
  EXPECT_NEAR(ascents, kTrain * 0.495, kTrain * 0.04);
}

TEST_F(SyntheticSet, IsTheSameEachTimeAndTrainDiffersFromTest) {
  const TemporaryFolder again;
  write_synthetic_set(again.path(), kTrain, kTest);
  EXPECT_EQ(train(), read_bytes(again.path() / kTrainFile));
  EXPECT_EQ(test(), read_bytes(again.path() / kTestFile));
  const Bytes first = train();
  EXPECT_FALSE(std::equal(first.begin(), first.begin() + kRecordBytes, test().begin()));
}

/// Every 4 x 4 block's mean: what a glance sees.
std::vector<double> small_image(const Bytes& bytes, std::int64_t record) {
  std::vector<double> small(kChannels * 64);
  for (std::int64_t i = 0; i < kImageBytes; ++i) {
    const std::int64_t y = i / kSide % kSide;
    const std::int64_t x = i % kSide;
    small.at(i / (kSide * kSide) * 64 + y / 4 * 8 + x / 4) +=
        bytes.at(record * kRecordBytes + kLabelBytes + i) / 16.0;
  }
  return small;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

TEST_F(SyntheticSet, CanBeLearntButNotAtAGlance) {
  // The nearest class mean: far above chance (1%), so there is something to learn; far below
  // perfect, so a network has something to do.
  std::vector<std::vector<double>> means(kClasses, std::vector<double>(kChannels * 64));
  const Bytes train_bytes = train();
  for (std::int64_t i = 0; i < kTrain; ++i) {
    const auto image = small_image(train_bytes, i);
    auto& mean = means.at(train_bytes.at(i * kRecordBytes + 1));
    for (std::size_t k = 0; k < image.size(); ++k) mean[k] += image[k] * kClasses / kTrain;
  }
  const Bytes test_bytes = test();
  int right = 0;
  for (std::int64_t i = 0; i < kTest; ++i) {
    const auto image = small_image(test_bytes, i);
    const auto nearest = std::min_element(
        means.begin(), means.end(),
        [&](const auto& a, const auto& b) { return distance(a, image) < distance(b, image); });
    if (nearest - means.begin() == test_bytes.at(i * kRecordBytes + 1)) ++right;
  }
  RecordProperty("right_of_1000", right);
  EXPECT_GT(right, 50);
  EXPECT_LT(right, 700);
}

}  // namespace
}  // namespace dplaunch
