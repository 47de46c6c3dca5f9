#include "launcher/scale/interference.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "base/monotonic_clock.h"
#include "base/process/control_group.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

// Daemons and the kernel's own work are on every machine.
constexpr double kUsualCores = 0.2;
constexpr double kUsualStolenCores = 0.1;
constexpr double kUsualThrottledShare = 0.02;

/// Of all CPUs; a package counts once for each of its CPUs.
std::int64_t count_heat_throttles(const std::filesystem::path& cpus) {
  std::int64_t count = 0;
  for (int cpu = 0;; ++cpu) {
    const std::filesystem::path folder = cpus / fmt::format("cpu{}", cpu);
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) return count;
    for (const char* name : {"core_throttle_count", "package_throttle_count"}) {
      std::ifstream file(folder / "thermal_throttle" / name);
      std::int64_t times = 0;
      if (file >> times) count += times;
    }
  }
}

std::string condition_text(const GpuCondition& condition) {
  const std::string heat =
      condition.most_celsius < 0 ? "" : fmt::format(" ({} C at most)", condition.most_celsius);
  return fmt::format("{}'s clocks were held down by {}{}", condition.gpu,
                     joined(condition.held_down_by, " and "), heat);
}

}  // namespace

MachineUse machine_use(const std::filesystem::path& cpus) {
  MachineUse use;
  use.at_ns = monotonic_ns();
  std::ifstream file("/proc/stat");
  std::string name;
  // proc(5): the first line adds up all CPUs; guests' time is in user's and nice's already.
  double user = 0, nice = 0, system = 0, idle = 0, io_wait = 0, irq = 0, soft_irq = 0, stolen = 0;
  file >> name >> user >> nice >> system >> idle >> io_wait >> irq >> soft_irq >> stolen;
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  use.busy_seconds = (user + nice + system + irq + soft_irq) / ticks_per_second;
  use.stolen_seconds = stolen / ticks_per_second;
  use.throttled_seconds = control_group_throttled_seconds();
  use.heat_throttles = count_heat_throttles(cpus);
  return use;
}

Interference interference_between(const MachineUse& before, const MachineUse& after,
                                  double own_cpu_seconds) {
  Interference found;
  const double seconds = static_cast<double>(after.at_ns - before.at_ns) * 1e-9;
  if (seconds <= 0) return found;
  const double busy_seconds = after.busy_seconds - before.busy_seconds;
  found.other_cores = std::max(0.0, busy_seconds - own_cpu_seconds) / seconds;
  found.stolen_cores = (after.stolen_seconds - before.stolen_seconds) / seconds;
  const double throttled_seconds = after.throttled_seconds - before.throttled_seconds;
  found.throttled_seconds =
      throttled_seconds > kUsualThrottledShare * seconds ? throttled_seconds : 0;
  found.heat_throttles = after.heat_throttles - before.heat_throttles;
  return found;
}

std::vector<std::string> Interference::flags() const {
  std::vector<std::string> flags;
  if (other_cores > kUsualCores) {
    flags.push_back(fmt::format("other processes used {:.1f} cores", other_cores));
  }
  if (stolen_cores > kUsualStolenCores) {
    flags.push_back(fmt::format("the machine below took {:.1f} cores", stolen_cores));
  }
  if (throttled_seconds > 0) {
    flags.push_back(fmt::format("a CPU quota stopped processes for {:.1f} s", throttled_seconds));
  }
  if (heat_throttles > 0) flags.push_back(fmt::format("CPUs too hot, {}x", heat_throttles));
  for (const GpuCondition& condition : gpus) {
    if (!condition.held_down_by.empty()) flags.push_back(condition_text(condition));
  }
  return flags;
}

}  // namespace dplaunch
