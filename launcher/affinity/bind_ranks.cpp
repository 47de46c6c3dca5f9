#include "launcher/affinity/bind_ranks.h"

#include <fmt/core.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "launcher/affinity/machine_layout.h"
#include "launcher/affinity/share_out.h"

namespace dplaunch {
namespace {

std::vector<Near> near_of_ranks(hwloc_topology* topology, const MachineLayout& layout,
                                const BindRequest& request) {
  std::vector<Near> near_of(request.gpus.size());
  for (std::size_t rank = 0; rank < near_of.size(); ++rank) {
    Near& near = near_of[rank];
    near.has_gpu = request.gpus[rank].has_value();
    std::optional<Domains> found;
    if (near.has_gpu) found = domains_near(topology, layout, *request.gpus[rank]);
    near.is_gpu_known = found.has_value();
    near.is_near_gpu = found && !found->empty();
    near.domains = near.is_near_gpu ? *found : all_domains(layout);
  }
  return near_of;
}

void describe_place(const MachineLayout& layout, const Near& near, CpuBinding& binding) {
  if (!binding.is_bound()) return;
  const Domains domains = domains_of(layout, binding.cpus);
  for (const std::size_t i : domains) {
    const std::vector<int>& nodes = layout.domains[i].nodes;
    binding.numa_nodes.insert(binding.numa_nodes.end(), nodes.begin(), nodes.end());
  }
  std::sort(binding.numa_nodes.begin(), binding.numa_nodes.end());
  binding.is_near_gpu = near.is_near_gpu && std::includes(near.domains.begin(), near.domains.end(),
                                                          domains.begin(), domains.end());
}

/// A quota gives the process less time than its CPUs have.
void lower_to_quota(const BindRequest& request, CpuBinding& binding) {
  const auto allowed = static_cast<int>(request.allowed_cpus.size());
  if (request.usable_cores < allowed) {
    binding.share_cpus = binding.share_cpus * request.usable_cores / allowed;
  }
  binding.share_cpus = std::max(1, binding.share_cpus);
}

std::vector<std::string> note_distant_gpus(const MachineLayout& layout, const BindRequest& request,
                                           const std::vector<Near>& near_of) {
  std::vector<std::string> notes;
  for (std::size_t rank = 0; rank < near_of.size(); ++rank) {
    const auto& gpu = request.gpus[rank];
    if (!gpu || near_of[rank].is_near_gpu) continue;
    const std::string name =
        fmt::format("the GPU of rank {} (PCI id {})", rank, gpu->empty() ? "unknown" : *gpu);
    if (near_of[rank].is_gpu_known) {
      notes.push_back("none of the usable cores is near " + name);
    } else if (layout.domains.size() > 1) {  // else every core is as near as any
      notes.push_back("not known which cores are near " + name + ": taken as near to all");
    }
  }
  return notes;
}

// --- this machine --------------------------------------------------------------------------------

/// Where the firmware hides the nodes from the kernel, hwloc can be given the true topology.
bool is_topology_given_to_hwloc() {
  return ::getenv("HWLOC_XMLFILE") != nullptr || ::getenv("HWLOC_SYNTHETIC") != nullptr;
}

/// hwloc's discovery takes milliseconds, this none. A kernel without NUMA has no such file.
bool has_one_numa_node() {
  std::ifstream file("/sys/devices/system/node/online");
  std::string nodes;
  std::getline(file, nodes);
  return nodes.find_first_of(",-") == std::string::npos;
}

bool can_bind(const BindRequest& request) {
  if (request.bind == Bind::kNone) return false;
  return request.bind != Bind::kNuma || is_topology_given_to_hwloc() || !has_one_numa_node();
}

PciDevices needed_devices(const BindRequest& request) {
  const bool has_gpus = std::any_of(request.gpus.begin(), request.gpus.end(),
                                    [](const auto& gpu) { return gpu.has_value(); });
  return has_gpus ? PciDevices::kInclude : PciDevices::kLeaveOut;
}

}  // namespace

JobBinding bind_nothing(const BindRequest& request) {
  const int ranks = std::max(1, static_cast<int>(request.gpus.size()));
  CpuBinding unbound;
  unbound.share_cpus = std::max(1, request.usable_cores / ranks);
  return {std::vector<CpuBinding>(request.gpus.size(), unbound), {}};
}

JobBinding bind_ranks(hwloc_topology* topology, const BindRequest& request) {
  if (request.bind == Bind::kNone || request.gpus.empty()) return bind_nothing(request);
  const MachineLayout layout = read_layout(topology, request.allowed_cpus);
  if (layout.domains.empty() || layout.cores.empty()) return bind_nothing(request);
  const std::vector<Near> near_of = near_of_ranks(topology, layout, request);
  JobBinding job = request.bind == Bind::kCore ? share_cores(layout, near_of)
                                               : JobBinding{share_nodes(layout, near_of), {}};
  if (job.ranks.empty()) {
    job.ranks = bind_nothing(request).ranks;  // which are within the quota already
  } else {
    for (CpuBinding& binding : job.ranks) lower_to_quota(request, binding);
  }
  for (std::size_t rank = 0; rank < job.ranks.size(); ++rank) {
    CpuBinding& binding = job.ranks[rank];
    if (binding.cpus == request.allowed_cpus) binding.cpus.clear();
    describe_place(layout, near_of[rank], binding);
  }
  const std::vector<std::string> distant = note_distant_gpus(layout, request, near_of);
  job.notes.insert(job.notes.end(), distant.begin(), distant.end());
  return job;
}

JobBinding bind_on_this_machine(const BindRequest& request) {
  if (!can_bind(request)) return bind_nothing(request);
  try {
    return bind_ranks(load_topology(needed_devices(request)).get(), request);
  } catch (const Error& error) {
    JobBinding unbound = bind_nothing(request);
    unbound.notes.push_back(fmt::format("warning: not bound to cores: {}", error.what()));
    return unbound;
  }
}

}  // namespace dplaunch
