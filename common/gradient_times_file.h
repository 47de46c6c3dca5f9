#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace dplaunch {

// gradient-times-N.csv: when in a backward pass of rank N each gradient was there, in the order in
// which they came. Written at a training's end by workers whose configuration says `step_times:
// true`.

struct GradientTime {
  std::int64_t bytes = 0;
  double ready_s = 0;  ///< since the backward pass began: the median over some of the last steps

  bool operator==(const GradientTime&) const = default;
};

/// The reducer's first bucket is smaller than the others, so that its all-reduce starts early.
inline constexpr std::int64_t kFirstBucketBytes = 1 << 20;

/// Replaces the file atomically. Throws Error(kStorage).
void write_gradient_times(const std::filesystem::path& path, std::span<const GradientTime> times);

/// Empty where there is no such file. Throws Error(kStorage) for one that is something else.
std::vector<GradientTime> read_gradient_times(const std::filesystem::path& path);

}  // namespace dplaunch
