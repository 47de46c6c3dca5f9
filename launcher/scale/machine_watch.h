#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launcher/scale/interference.h"

namespace dplaunch {

/// What no counter keeps, and has to be looked at while something is measured: the CPUs' clock, and
/// how hot GPUs are and what holds their clocks down. For one thread.
class MachineWatch {
 public:
  /// The driver is asked at most that often, and never without GPUs.
  static constexpr std::int64_t kGpuIntervalNs = 5'000'000'000;

  /// The UUIDs of the GPUs that are used.
  explicit MachineWatch(std::vector<std::string> gpus, std::filesystem::path cpus = kCpuFolder)
      : gpus_(std::move(gpus)), cpus_(std::move(cpus)) {}

  void look(std::int64_t now_ns);
  void tell(Interference& found) const;

 private:
  void look_at_clock();
  void look_at_gpus();

  std::vector<std::string> gpus_;
  std::filesystem::path cpus_;
  std::vector<double> clocks_mhz_;
  std::map<std::string, GpuCondition> conditions_;  ///< by UUID
  std::optional<std::int64_t> asked_ns_;
};

}  // namespace dplaunch
