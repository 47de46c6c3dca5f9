#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launcher/affinity/cpu_binding.h"

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
/// (HWLOC_XMLFILE, HWLOC_SYNTHETIC) are respected. Throws Error(kFailure).
TopologyPtr load_topology(PciDevices devices);

/// CPUs that are equally near to some memory.
struct NumaDomain {
  std::vector<int> nodes;  ///< the kernel's numbers; several where kinds of memory share the CPUs
  Cpus cpus;
};

/// Indices of MachineLayout::domains, ascending.
using Domains = std::vector<std::size_t>;

/// What binding needs to know of a machine. Only CPUs that may be used occur in it.
struct MachineLayout {
  std::vector<NumaDomain> domains;  ///< without a CPU in common, none empty
  std::vector<Cpus> cores;          ///< the CPUs of each physical core; neighbours stay neighbours
};

/// Reads the layout off a loaded topology.
MachineLayout read_layout(hwloc_topology* topology, const Cpus& allowed);

/// The domains that are near the PCI device, in NVML's or the kernel's spelling
/// ("00000000:41:00.0"). Empty if no usable CPU is near it, nullopt if the device is not known.
std::optional<Domains> domains_near(hwloc_topology* topology, const MachineLayout& layout,
                                    const std::string& pci_bus_id);

Domains all_domains(const MachineLayout& layout);

/// The domains that hold at least one of `cpus`.
Domains domains_of(const MachineLayout& layout, const Cpus& cpus);

/// The CPUs of `domains`, those of a domain together.
Cpus cpus_in(const MachineLayout& layout, const Domains& domains);

/// The cores of `domains`, those of a domain together.
std::vector<Cpus> cores_in(const MachineLayout& layout, const Domains& domains);

}  // namespace dplaunch
