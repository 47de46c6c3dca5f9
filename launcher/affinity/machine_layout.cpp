#include "launcher/affinity/machine_layout.h"

#include <hwloc.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace dplaunch {
namespace {

Cpus usable_cpus(hwloc_const_bitmap_t set, const Cpus& allowed) {
  Cpus cpus;
  for (const int cpu : allowed) {
    if (hwloc_bitmap_isset(set, static_cast<unsigned>(cpu)) != 0) cpus.push_back(cpu);
  }
  return cpus;
}

template <typename Visit>
void for_each_object(hwloc_topology* topology, hwloc_obj_type_t type, Visit visit) {
  hwloc_obj_t object = nullptr;
  while ((object = hwloc_get_next_obj_by_type(topology, type, object)) != nullptr) visit(*object);
}

bool have_common_cpu(const Cpus& a, const Cpus& b) {
  return std::any_of(a.begin(), a.end(),
                     [&b](int cpu) { return std::binary_search(b.begin(), b.end(), cpu); });
}

std::vector<NumaDomain> all_numa_nodes(hwloc_topology* topology, const Cpus& allowed) {
  std::vector<NumaDomain> nodes;
  for_each_object(topology, HWLOC_OBJ_NUMANODE, [&](const hwloc_obj& node) {
    Cpus cpus = usable_cpus(node.cpuset, allowed);
    if (!cpus.empty()) nodes.push_back({{static_cast<int>(node.os_index)}, std::move(cpus)});
  });
  return nodes;
}

/// Memory that belongs to a whole package (HBM, CXL) has the CPUs of the nodes inside; those
/// distinguish the CPUs better.
std::vector<NumaDomain> distinct_domains(std::vector<NumaDomain> nodes) {
  std::stable_sort(nodes.begin(), nodes.end(), [](const NumaDomain& a, const NumaDomain& b) {
    return a.cpus.size() < b.cpus.size();
  });
  std::vector<NumaDomain> domains;
  for (NumaDomain& node : nodes) {
    const auto overlapping = std::find_if(
        domains.begin(), domains.end(),
        [&node](const NumaDomain& domain) { return have_common_cpu(domain.cpus, node.cpus); });
    if (overlapping == domains.end()) {
      domains.push_back(std::move(node));
    } else if (overlapping->cpus == node.cpus) {
      overlapping->nodes.push_back(node.nodes.front());
    }
  }
  std::sort(domains.begin(), domains.end(), [](const NumaDomain& a, const NumaDomain& b) {
    return a.nodes.front() < b.nodes.front();
  });
  return domains;
}

std::vector<Cpus> objects_with_cpus(hwloc_topology* topology, hwloc_obj_type_t type,
                                    const Cpus& allowed) {
  std::vector<Cpus> cores;
  for_each_object(topology, type, [&](const hwloc_obj& object) {
    Cpus cpus = usable_cpus(object.cpuset, allowed);
    if (!cpus.empty()) cores.push_back(std::move(cpus));
  });
  return cores;
}

}  // namespace

MachineLayout read_layout(hwloc_topology* topology, const Cpus& allowed) {
  MachineLayout layout;
  layout.domains = distinct_domains(all_numa_nodes(topology, allowed));
  layout.cores = objects_with_cpus(topology, HWLOC_OBJ_CORE, allowed);
  // Some virtual machines tell nothing of cores.
  if (layout.cores.empty()) layout.cores = objects_with_cpus(topology, HWLOC_OBJ_PU, allowed);
  return layout;
}

std::optional<Domains> domains_near(hwloc_topology* topology, const MachineLayout& layout,
                                    const std::string& pci_bus_id) {
  const hwloc_obj_t device = hwloc_get_pcidev_by_busidstring(topology, pci_bus_id.c_str());
  if (device == nullptr) return std::nullopt;
  const hwloc_obj_t place = hwloc_get_non_io_ancestor_obj(topology, device);
  Domains near;
  for (std::size_t i = 0; i < layout.domains.size(); ++i) {
    if (!usable_cpus(place->cpuset, layout.domains[i].cpus).empty()) near.push_back(i);
  }
  return near;
}

Domains all_domains(const MachineLayout& layout) {
  Domains all(layout.domains.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

Domains domains_of(const MachineLayout& layout, const Cpus& cpus) {
  Domains domains;
  for (std::size_t i = 0; i < layout.domains.size(); ++i) {
    if (have_common_cpu(cpus, layout.domains[i].cpus)) domains.push_back(i);
  }
  return domains;
}

Cpus cpus_in(const MachineLayout& layout, const Domains& domains) {
  Cpus cpus;
  for (const std::size_t i : domains) {
    cpus.insert(cpus.end(), layout.domains[i].cpus.begin(), layout.domains[i].cpus.end());
  }
  return cpus;
}

std::vector<Cpus> cores_in(const MachineLayout& layout, const Domains& domains) {
  std::vector<Cpus> cores;
  for (const std::size_t i : domains) {
    for (const Cpus& core : layout.cores) {
      if (have_common_cpu(core, layout.domains[i].cpus)) cores.push_back(core);
    }
  }
  return cores;
}

}  // namespace dplaunch
