#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// `--bind`: what a rank is bound to before its program starts.
enum class Bind {
  kNone,  ///< to nothing
  kCore,  ///< to whole physical cores that it shares with no other rank of the job
  kNuma,  ///< to all usable cores of the NUMA nodes near its GPU
};

/// kNuma: it spares a rank the way to another node's memory, and binds nothing on a machine of one
/// node. The cores of a node stay common to all, so two jobs on one host are never pressed onto the
/// same few cores while others idle; kCore, which cannot know of the other job, would do that.
inline constexpr Bind kDefaultBind = Bind::kNuma;

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

/// All ranks of a job on this host, and notes for the user.
struct JobBinding {
  std::vector<CpuBinding> ranks;
  std::vector<std::string> notes;
};

/// Throws Error(kUsage) for anything but "none", "core" and "numa".
Bind parse_bind(const std::string& text);

/// As the kernel writes it: "0-7,16-23".
std::string cpu_list(const Cpus& cpus);

/// "0-7 (NUMA node 0, near the GPU)", "not bound".
std::string describe(const CpuBinding& binding);

}  // namespace dplaunch
