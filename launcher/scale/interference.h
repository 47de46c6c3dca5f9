#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dplaunch {

/// Where the kernel tells of each CPU.
inline const std::filesystem::path kCpuFolder = "/sys/devices/system/cpu";

/// What the machine had done by a moment. From /proc/stat, the control groups' cpu.stat, and the
/// CPUs' own counters.
struct MachineUse {
  std::int64_t at_ns = 0;     ///< monotonic
  double busy_seconds = 0;    ///< of all CPUs together
  double stolen_seconds = 0;  ///< taken by the machine below a virtual one
  double throttled_seconds = 0;
  /// How often cores and packages slowed down because they were too hot, added up; 0 where that is
  /// not counted.
  std::int64_t heat_throttles = 0;
};
MachineUse machine_use(const std::filesystem::path& cpus = kCpuFolder);

/// What a driver said of a GPU while something was measured.
struct GpuCondition {
  std::string gpu;                        ///< "GPU 0"
  int most_celsius = -1;                  ///< -1 if it is not reported
  std::vector<std::string> held_down_by;  ///< Gpu::held_down_by, of any moment
};

/// What else went on while something was measured.
struct Interference {
  double other_cores = 0;   ///< CPUs kept busy by other processes, in the mean
  double stolen_cores = 0;  ///< CPUs that a virtual machine was promised and did not get
  double throttled_seconds = 0;
  std::int64_t heat_throttles = 0;
  double clock_mhz = 0;  ///< of the fastest CPU, the median of the moments; 0: not reported
  std::vector<GpuCondition> gpus;

  /// What a reader of the figures has to know: "other processes used 1.0 cores"; empty if nothing
  /// that shows in them.
  std::vector<std::string> flags() const;
};

/// `own_cpu_seconds`: what was measured used by itself between the two.
Interference interference_between(const MachineUse& before, const MachineUse& after,
                                  double own_cpu_seconds);

}  // namespace dplaunch
