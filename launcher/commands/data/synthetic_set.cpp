#include "launcher/commands/data/synthetic_set.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/files/atomic_file.h"
#include "common/data_set.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using namespace cifar100;

constexpr int kMaxShift = 6;
constexpr std::int64_t kShifts = kMaxShift + 1 + kMaxShift;
constexpr int kCanvasSide = static_cast<int>(kSide) + 2 * kMaxShift;
constexpr int kCellSide = 8;  ///< pixels between two nodes of a pattern's grid
constexpr int kNodes = kCanvasSide / kCellSide + 2;
constexpr std::int64_t kFinePerCoarse = kClasses / kCoarseClasses;

constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

/// SplitMix64: the n-th number of a stream is a function of (stream, n).
class Random {
 public:
  explicit Random(std::uint64_t stream) : state_(mix(stream + 0x9E3779B97F4A7C15)) {}
  std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15); }
  /// 0 .. limit-1; the bias of the remainder is below 2^-40 for the limits here.
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(limit));
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }

 private:
  std::uint64_t state_;
};

enum Stream : std::uint64_t { kCoarsePattern = 1, kFinePattern, kOrder, kTrainImage, kTestImage };

Random random_of(Stream stream, std::int64_t index) {
  return Random((static_cast<std::uint64_t>(stream) << 48) + static_cast<std::uint64_t>(index));
}

using Plane = std::array<std::array<int, kCanvasSide>, kCanvasSide>;
using Pattern = std::array<Plane, kChannels>;

/// 3t^2 - 2t^3 in units of 1/512, for t = 0 .. 7 eighths.
constexpr int smooth_weight(int step) {
  return step * step * (3 * kCellSide - 2 * step);
}

Plane make_plane(Random& random) {
  std::array<std::array<int, kNodes>, kNodes> nodes{};
  for (auto& row : nodes) {
    for (int& node : row) node = static_cast<int>(random.between(-128, 127));
  }
  constexpr int kOne = 512;
  Plane plane{};
  for (int y = 0; y < kCanvasSide; ++y) {
    for (int x = 0; x < kCanvasSide; ++x) {
      const int down = smooth_weight(y % kCellSide);
      const int right = smooth_weight(x % kCellSide);
      const auto& above = nodes.at(y / kCellSide);
      const auto& below = nodes.at(y / kCellSide + 1);
      const int top =
          above.at(x / kCellSide) * (kOne - right) + above.at(x / kCellSide + 1) * right;
      const int bottom =
          below.at(x / kCellSide) * (kOne - right) + below.at(x / kCellSide + 1) * right;
      plane.at(y).at(x) = (top * (kOne - down) + bottom * down) / (kOne * kOne);
    }
  }
  return plane;
}

Pattern make_pattern(Random random) {
  Pattern pattern{};
  for (auto& plane : pattern) plane = make_plane(random);
  return pattern;
}

/// Each class: half the pattern of its coarse class, half one of its own.
std::vector<Pattern> make_class_patterns() {
  std::vector<Pattern> patterns;
  for (std::int64_t label = 0; label < kClasses; ++label) {
    Pattern pattern = make_pattern(random_of(kFinePattern, label));
    const Pattern coarse = make_pattern(random_of(kCoarsePattern, label / kFinePerCoarse));
    for (int channel = 0; channel < kChannels; ++channel) {
      for (int y = 0; y < kCanvasSide; ++y) {
        for (int x = 0; x < kCanvasSide; ++x) {
          int& value = pattern.at(channel).at(y).at(x);
          value = (value + coarse.at(channel).at(y).at(x)) / 2;
        }
      }
    }
    patterns.push_back(pattern);
  }
  return patterns;
}

/// Every class equally often (as far as the count allows), in mixed order.
std::vector<std::uint8_t> make_labels(std::int64_t records, Stream split) {
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(records));
  for (std::int64_t i = 0; i < records; ++i) {
    labels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i % kClasses);
  }
  Random random = random_of(kOrder, split);
  for (std::int64_t i = records - 1; i > 0; --i) {
    std::swap(labels[static_cast<std::size_t>(i)],
              labels[static_cast<std::size_t>(random.below(i + 1))]);
  }
  return labels;
}

/// One pattern as one image shows it: where it is cut out, and how strongly, in 1/256.
struct View {
  const Pattern* pattern;
  int top;
  int left;
  int strength;
};

View make_view(const std::vector<Pattern>& patterns, std::int64_t label, int strength,
               Random& random) {
  return {&patterns[static_cast<std::size_t>(label)], static_cast<int>(random.below(kShifts)),
          static_cast<int>(random.below(kShifts)), strength};
}

void draw_image(const View& main, const View& other, int brightness, Random& random,
                std::uint8_t* pixels) {
  for (int channel = 0; channel < kChannels; ++channel) {
    for (int y = 0; y < kSide; ++y) {
      const int* main_row = &(*main.pattern)[channel][main.top + y][main.left];
      const int* other_row = &(*other.pattern)[channel][other.top + y][other.left];
      std::uint64_t bits = 0;
      for (int x = 0; x < kSide; ++x, bits >>= 16) {
        if (x % 4 == 0) bits = random.next();
        const int noise =  // a sum of two: a triangle from -96 to 95
            (static_cast<int>(bits & 0xFF) + static_cast<int>((bits >> 8) & 0xFF) - 255) * 3 / 8;
        const int value = brightness + noise +
                          (main_row[x] * main.strength + other_row[x] * other.strength) / 256;
        *pixels++ = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
      }
    }
  }
}

void write_split(const fs::path& file, Stream split, std::int64_t records,
                 const std::vector<Pattern>& patterns) {
  const auto labels = make_labels(records, split);
  write_file_atomically(file, [&](const WriteBytes& write) {
    std::array<std::uint8_t, kRecordBytes> record{};
    for (std::int64_t i = 0; i < records; ++i) {
      Random random = random_of(split, i);
      const std::int64_t label = labels[static_cast<std::size_t>(i)];
      const View main =
          make_view(patterns, label, static_cast<int>(random.between(96, 224)), random);
      const View other = make_view(patterns, random.below(kClasses),
                                   static_cast<int>(random.between(0, 160)), random);
      record[0] = static_cast<std::uint8_t>(label / kFinePerCoarse);
      record[1] = static_cast<std::uint8_t>(label);
      draw_image(main, other, static_cast<int>(random.between(98, 158)), random,
                 record.data() + kLabelBytes);
      write(record.data(), record.size());
    }
  });
}

void write_names(const fs::path& file, const std::string& prefix, std::int64_t count) {
  std::string names;
  for (std::int64_t i = 0; i < count; ++i) names += prefix + std::to_string(i) + "\n";
  write_file_atomically(file, names);
}

}  // namespace

void write_synthetic_set(const fs::path& folder, std::int64_t train_records,
                         std::int64_t test_records) {
  const auto patterns = make_class_patterns();
  write_split(folder / kTrainFile, kTrainImage, train_records, patterns);
  write_split(folder / kTestFile, kTestImage, test_records, patterns);
  write_names(folder / kFineNamesFile, "synthetic_", kClasses);
  write_names(folder / kCoarseNamesFile, "synthetic_group_", kCoarseClasses);
  write_file_atomically(folder / kSyntheticMarker,
                        "# Made by dplaunch data. This is not CIFAR-100.\ntrain_records: " +
                            std::to_string(train_records) +
                            "\ntest_records: " + std::to_string(test_records) + "\n");
}

}  // namespace dplaunch
