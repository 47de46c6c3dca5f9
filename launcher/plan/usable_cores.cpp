#include "launcher/plan/usable_cores.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostMasks = 64;  // of 1,024 CPUs each

/// This process's folder in the cgroup v2 tree, for example "/user.slice/job-7".
std::string cgroup_path() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return {};
}

/// The least quota on the way from this process's control group up to the root.
std::optional<int> cores_by_quota() {
  std::optional<int> least;
  const fs::path root = "/sys/fs/cgroup";
  for (fs::path folder = cgroup_path(); !folder.empty(); folder = folder.parent_path()) {
    std::ifstream file(root / folder.relative_path() / "cpu.max");
    std::string line;
    std::getline(file, line);
    if (const auto cores = parse_cpu_max(line)) least = std::min(*cores, least.value_or(*cores));
    if (folder == folder.root_path()) break;
  }
  return least;
}

}  // namespace

std::optional<int> parse_cpu_max(const std::string& text) {
  std::istringstream fields(text);
  double quota_us = 0;
  double period_us = 0;
  if (!(fields >> quota_us >> period_us) || quota_us <= 0 || period_us <= 0) return std::nullopt;
  return std::max(1, static_cast<int>((quota_us + period_us - 1) / period_us));
}

std::vector<int> allowed_cpus() {
  // The kernel refuses a mask that is shorter than its own.
  std::vector<cpu_set_t> mask(1);
  const auto bytes = [&mask] { return mask.size() * sizeof(cpu_set_t); };
  while (::sched_getaffinity(0, bytes(), mask.data()) != 0) {
    if (errno != EINVAL || mask.size() >= kMostMasks) return {};
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
  return std::min(cores, cores_by_quota().value_or(cores));
}

}  // namespace dplaunch
