#include "worker/data/augment.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"

namespace dplaunch {
namespace {

using Bytes = std::array<std::uint8_t, cifar100::kImageBytes>;
using Floats = std::array<float, cifar100::kImageBytes>;

/// source_image() of reference.py.
Bytes source_image() {
  Bytes image{};
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) {
        image[c * 1024 + y * 32 + x] =
            static_cast<std::uint8_t>((c * 89 + y * 37 + x * 11 + y * x * 5 + x * x / 3) % 256);
      }
    }
  }
  return image;
}

std::uint64_t fnv1a(const Floats& values) {
  Floats copy = values;
  std::array<unsigned char, sizeof copy> bytes{};
  std::memcpy(bytes.data(), copy.data(), bytes.size());
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

/// Lines of reference.txt of one kind, without the bars between the groups.
std::vector<std::istringstream> reference_lines(const std::string& kind) {
  std::vector<std::istringstream> lines;
  std::ifstream file(REFERENCE_FILE);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kind + " ")) continue;
    std::erase(line, '|');
    lines.emplace_back(line.substr(kind.size()));
  }
  return lines;
}

TEST(Augment, EqualsTheNumpyReferenceBitForBit) {
  const Bytes image = source_image();
  auto lines = reference_lines("augment");
  ASSERT_EQ(lines.size(), 11U);
  for (auto& line : lines) {
    SCOPED_TRACE(line.str());
    std::string fill;
    AugmentConfig config;
    AugmentChoice choice;
    std::uint64_t hash_nhwc = 0;
    std::uint64_t hash_nchw = 0;
    line >> fill >> config.crop_padding >> config.cutout >> choice.dy >> choice.dx >> choice.flip >>
        choice.cutout_y >> choice.cutout_x >> hash_nhwc >> hash_nchw;
    config.crop_fill = fill == "reflect" ? CropFill::kReflect : CropFill::kZero;
    Floats nhwc{};
    Floats nchw{};
    augment(config, choice, image, ImageLayout::kNhwc, nhwc);
    augment(config, choice, image, ImageLayout::kNchw, nchw);
    for (std::size_t i = 0; i * 49 < nhwc.size(); ++i) {
      float expected = -100;
      line >> expected;
      EXPECT_EQ(nhwc[i * 49], expected) << "value " << i * 49;
    }
    EXPECT_EQ(fnv1a(nhwc), hash_nhwc);
    EXPECT_EQ(fnv1a(nchw), hash_nchw);
  }
}

TEST(Augment, NormalizesAlone) {
  const Bytes image = source_image();
  auto lines = reference_lines("augment");
  std::string word;
  for (int skipped = 0; skipped < 8; ++skipped) lines[0] >> word;  // the case without augmentation
  std::uint64_t hash_nhwc = 0;
  std::uint64_t hash_nchw = 0;
  lines[0] >> hash_nhwc >> hash_nchw;
  Floats out{};
  normalize(image, ImageLayout::kNhwc, out);
  EXPECT_EQ(fnv1a(out), hash_nhwc);
  normalize(image, ImageLayout::kNchw, out);
  EXPECT_EQ(fnv1a(out), hash_nchw);
}

TEST(ChooseAugmentation, EqualsTheReference) {
  auto lines = reference_lines("choice");
  ASSERT_EQ(lines.size(), 5U);
  for (auto& line : lines) {
    AugmentConfig config{.flip = true};
    std::uint64_t seed = 0;
    std::int64_t epoch = 0;
    std::int64_t index = 0;
    AugmentChoice expected;
    line >> config.crop_padding >> seed >> epoch >> index >> expected.dy >> expected.dx >>
        expected.flip >> expected.cutout_y >> expected.cutout_x;
    EXPECT_EQ(choose_augmentation(config, seed, epoch, index), expected) << line.str();
  }
}

double chi_square(const std::map<int, int>& counts, int values, int draws) {
  const double expected = static_cast<double>(draws) / values;
  double sum = 0;
  for (const auto& [value, count] : counts) sum += (count - expected) * (count - expected);
  sum += (values - static_cast<double>(counts.size())) * expected * expected;
  return sum / expected;
}

TEST(ChooseAugmentation, ChoicesAreUniformAndReachTheirEnds) {
  const AugmentConfig config{.crop_padding = 4, .flip = true, .cutout = 8};
  constexpr int kDraws = 36000;
  std::map<int, int> dy;
  std::map<int, int> dx;
  std::map<int, int> flip;
  std::map<int, int> cutout_y;
  std::map<int, int> cutout_x;
  for (int index = 0; index < kDraws; ++index) {
    const AugmentChoice choice = choose_augmentation(config, 42, 3, index);
    ++dy[choice.dy];
    ++dx[choice.dx];
    ++flip[choice.flip ? 1 : 0];
    ++cutout_y[choice.cutout_y];
    ++cutout_x[choice.cutout_x];
  }
  for (const auto* shift : {&dy, &dx}) {
    EXPECT_EQ(shift->begin()->first, -4);
    EXPECT_EQ(shift->rbegin()->first, 4);
    EXPECT_LT(chi_square(*shift, 9, kDraws), 26.1);  // p = 0.001 with 8 degrees of freedom
  }
  for (const auto* centre : {&cutout_y, &cutout_x}) {
    EXPECT_EQ(centre->begin()->first, 0);
    EXPECT_EQ(centre->rbegin()->first, 31);
    EXPECT_LT(chi_square(*centre, 32, kDraws), 61.1);  // 31 degrees of freedom
  }
  EXPECT_LT(chi_square(flip, 2, kDraws), 10.8);  // 1 degree of freedom
}

TEST(ChooseAugmentation, SwitchingOneOffLeavesTheOthers) {
  const AugmentConfig all{.crop_padding = 4, .flip = true, .cutout = 8};
  const AugmentConfig no_flip{.crop_padding = 4, .flip = false, .cutout = 0};
  for (int index = 0; index < 100; ++index) {
    AugmentChoice expected = choose_augmentation(all, 1, 2, index);
    expected.flip = false;
    EXPECT_EQ(choose_augmentation(no_flip, 1, 2, index), expected);
  }
}

TEST(AugmentConfig, FollowsTheConfiguration) {
  Config config;
  config.crop_padding = 3;
  config.crop_fill = "reflect";
  config.flip = false;
  config.cutout = 8;
  const AugmentConfig augmentation = augment_config(config);
  EXPECT_EQ(augmentation.crop_padding, 3);
  EXPECT_EQ(augmentation.crop_fill, CropFill::kReflect);
  EXPECT_FALSE(augmentation.flip);
  EXPECT_EQ(augmentation.cutout, 8);
  EXPECT_EQ(augment_config(Config{}).crop_fill, CropFill::kZero);
  config.crop_padding = 32;
  EXPECT_THROW(augment_config(config), Error);
}

}  // namespace
}  // namespace dplaunch
