#include "launcher/affinity/cpu_binding.h"

namespace dplaunch {

std::string cpu_list(const Cpus& cpus) {
  std::string list;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!list.empty()) list += ',';
    list += std::to_string(cpus[first]);
    if (last > first) list.append("-").append(std::to_string(cpus[last]));
    first = last + 1;
  }
  return list;
}

std::string describe(const CpuBinding& binding) {
  if (!binding.is_bound()) return "not bound";
  return cpu_list(binding.cpus) +
         (binding.numa_nodes.size() == 1 ? " (NUMA node " : " (NUMA nodes ") +
         cpu_list(binding.numa_nodes) + (binding.is_near_gpu ? ", near the GPU)" : ")");
}

}  // namespace dplaunch
