#pragma once

#include <memory>

struct hwloc_topology;

namespace dplaunch {

struct TopologyDestroyer {
  void operator()(hwloc_topology* topology) const;
};
using TopologyPtr = std::unique_ptr<hwloc_topology, TopologyDestroyer>;

enum class PciDevices {
  kLeaveOut,
  kInclude,  ///< takes several times as long: each device is asked
};

/// Discovers this machine: its NUMA nodes, cores and CPUs; no caches, and of devices PCI's at most.
/// Its time grows with the machine: 0.8 ms for 2 CPUs, 50 ms for 256 (as a copy of such a /sys).
/// Changes the environment for a moment, so no other thread may run. hwloc's own variables
/// (HWLOC_XMLFILE, HWLOC_SYNTHETIC) are heeded. Throws Error(kFailure).
TopologyPtr load_topology(PciDevices devices);

}  // namespace dplaunch
