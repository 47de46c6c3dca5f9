#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace dplaunch {

// step-times-N.csv: how long each training step of rank N took, and its parts. Written by workers
// whose configuration says `step_times: true`.

/// The parts of a training step, in their order.
enum class StepPart { kData, kForward, kBackward, kAllReduce, kUpdate };
inline constexpr std::size_t kStepParts = 5;
/// As the columns of the file and records of others call them.
inline constexpr std::array<const char*, kStepParts> kStepPartNames = {
    "data_wait", "forward", "backward", "all_reduce", "update"};

/// Seconds in each part of a step or of several, indexed by StepPart.
using PartSeconds = std::array<double, kStepParts>;

inline double part_of(const PartSeconds& parts, StepPart which) {
  return parts[static_cast<std::size_t>(which)];
}
/// What a rank needs by itself: all but the all-reduce, which is waiting for the slowest.
double own_seconds(const PartSeconds& parts);

/// One training step of one rank.
struct StepTimes {
  std::int64_t step = 0;  ///< of the run, counted from 1
  /// From its begin to that of the next step of the same epoch, with what is in no part; of an
  /// epoch's last step the parts' sum.
  double seconds = 0;
  PartSeconds parts{};

  double part(StepPart which) const { return part_of(parts, which); }
  bool operator==(const StepTimes&) const = default;
};

/// Appends to the file. Throws Error(kStorage).
class StepTimesFile {
 public:
  /// Keeps the rows up to `steps_done`, so that a resumed run has no step twice. Throws
  /// Error(kStorage).
  StepTimesFile(std::filesystem::path path, std::int64_t steps_done);
  void append(std::span<const StepTimes> steps);

 private:
  std::filesystem::path path_;
};

/// All whole rows; none where there is no such file. One that a crash has cut short, the last, is
/// left out. Throws Error(kStorage) for a file that is damaged or something else.
std::vector<StepTimes> read_step_times(const std::filesystem::path& path);

}  // namespace dplaunch
