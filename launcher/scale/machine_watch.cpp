#include "launcher/scale/machine_watch.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>

#include "launcher/devices/machine_devices.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch {

void MachineWatch::look(std::int64_t now_ns) {
  look_at_clock();
  if (gpus_.empty() || (asked_ns_ && now_ns - *asked_ns_ < kGpuIntervalNs)) return;
  asked_ns_ = now_ns;
  look_at_gpus();
}

/// CPUs that have nothing to do are slow, and no sign of anything: the fastest one counts.
void MachineWatch::look_at_clock() {
  double fastest_khz = 0;
  std::error_code error;
  for (int cpu = 0;; ++cpu) {
    const std::filesystem::path folder = cpus_ / fmt::format("cpu{}", cpu);
    if (!std::filesystem::is_directory(folder, error)) break;
    std::ifstream file(folder / "cpufreq/scaling_cur_freq");
    double khz = 0;
    if (file >> khz) fastest_khz = std::max(fastest_khz, khz);
  }
  constexpr double kKhzPerMhz = 1000;
  if (fastest_khz > 0) clocks_mhz_.push_back(fastest_khz / kKhzPerMhz);
}

void MachineWatch::look_at_gpus() {
  for (const Gpu& gpu : probe_gpus().gpus) {
    if (std::ranges::find(gpus_, gpu.uuid) == gpus_.end()) continue;
    GpuCondition& condition = conditions_[gpu.uuid];
    condition.gpu = fmt::format("GPU {}", gpu.index);
    condition.most_celsius = std::max(condition.most_celsius, gpu.temperature_celsius);
    for (const std::string& reason : gpu.held_down_by) {
      auto& known = condition.held_down_by;
      if (std::ranges::find(known, reason) == known.end()) known.push_back(reason);
    }
  }
}

void MachineWatch::tell(Interference& found) const {
  found.clock_mhz = clocks_mhz_.empty() ? 0 : median(clocks_mhz_);
  found.gpus.clear();
  for (const auto& [uuid, condition] : conditions_) found.gpus.push_back(condition);
}

}  // namespace dplaunch
