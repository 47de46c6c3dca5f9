#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// Logical CPUs by the kernel's numbers, ascending.
using Cpus = std::vector<int>;

/// Where one rank runs.
struct CpuBinding {
  Cpus cpus;                    ///< empty: it is not bound
  std::vector<int> numa_nodes;  ///< that `cpus` belong to, ascending
  bool is_near_gpu = false;     ///< `cpus` were chosen for being near the rank's GPU
  int share_cpus =
      1;  ///< how many CPUs are the rank's if it shares fairly; bound or not, at least 1

  bool is_bound() const { return !cpus.empty(); }
};

/// All ranks of a job on this host, and what is worth telling the user.
struct JobBinding {
  std::vector<CpuBinding> ranks;
  std::vector<std::string> notes;
};

/// As the kernel writes it: "0-7,16-23".
std::string cpu_list(const Cpus& cpus);

/// "0-7 (NUMA node 0, near the GPU)", "not bound".
std::string describe(const CpuBinding& binding);

}  // namespace dplaunch
