#pragma once

#include <vector>

#include "launcher/affinity/cpu_binding.h"
#include "launcher/affinity/machine_layout.h"

namespace dplaunch {

/// The part of the machine that a rank should keep to.
struct Near {
  Domains domains;  ///< never empty
  bool has_gpu = false;
  bool is_gpu_known = false;  ///< by its PCI id
  bool is_near_gpu = false;   ///< `domains` are those near the GPU
};

/// The bindings of `--bind numa`, with the CPUs and the share of each rank filled in. Pure.
std::vector<CpuBinding> share_nodes(const MachineLayout& layout, const std::vector<Near>& near_of);

/// The same for `--bind core`. No ranks and a note if there are too few cores.
JobBinding share_cores(const MachineLayout& layout, const std::vector<Near>& near_of);

}  // namespace dplaunch
