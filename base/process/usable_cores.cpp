#include "base/process/usable_cores.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "base/process/control_group.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMaxMasks = 64;  // of 1,024 CPUs each

}  // namespace

std::vector<int> allowed_cpus() {
  // The kernel refuses a mask that is shorter than its own.
  std::vector<cpu_set_t> mask(1);
  const auto bytes = [&mask] { return mask.size() * sizeof(cpu_set_t); };
  while (::sched_getaffinity(0, bytes(), mask.data()) != 0) {
    if (errno != EINVAL || mask.size() >= kMaxMasks) return {};
    mask.resize(2 * mask.size());
  }
  std::vector<int> cpus;
  for (std::size_t cpu = 0; cpu < 8 * bytes(); ++cpu) {
    if (CPU_ISSET_S(cpu, bytes(), mask.data())) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

int usable_cores() {
  const int cores = std::max(1, static_cast<int>(allowed_cpus().size()));
  return std::min(cores, control_group_cores().value_or(cores));
}

}  // namespace dplaunch
