#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/affinity/cpu_binding.h"

struct hwloc_topology;

namespace dplaunch {

/// What a job wants of the machine's cores.
struct BindRequest {
  Bind bind = kDefaultBind;
  /// One per rank: the PCI bus id of its GPU (empty if the driver does not report it), nullopt on
  /// the CPU.
  std::vector<std::optional<std::string>> gpus;
  Cpus allowed_cpus;     ///< that this process may run on
  int usable_cores = 1;  ///< as many CPUs' time it gets: fewer than `allowed_cpus` under a quota
};

/// No rank is bound, and each has the same share.
JobBinding bind_nothing(const BindRequest& request);

/// Where each rank runs on the machine of a loaded topology; a function of its arguments alone.
///
/// numa: a rank with a GPU gets the NUMA nodes near it, a rank on the CPU those that its contiguous
/// even share of the CPUs lies in. core: ranks that are near the same nodes divide those nodes'
/// cores evenly; with fewer cores than ranks none is bound, and a note says so. A GPU whose place
/// is not known counts as near every core. A rank that would get every allowed CPU is not bound.
/// Where the topology describes none of the allowed CPUs, nothing is bound.
JobBinding bind_ranks(hwloc_topology* topology, const BindRequest& request);

/// bind_ranks() on the machine that this runs on. Its topology is read only where that can matter:
/// neither for Bind::kNone, nor for Bind::kNuma on a machine of one NUMA node. A topology that
/// cannot be read is a note, and nothing is bound. No other thread may run meanwhile.
JobBinding bind_on_this_machine(const BindRequest& request);

}  // namespace dplaunch
