#pragma once

#include <cstddef>
#include <vector>

#include "launcher/affinity/bind_ranks.h"
#include "launcher/affinity/machine_layout.h"

namespace dplaunch {

/// The part of the machine that a rank should keep to.
struct Near {
  Domains domains;            ///< never empty
  bool is_gpu_known = false;  ///< by its PCI id
  bool is_near_gpu = false;   ///< `domains` are those near the GPU
};

/// Part `index` of `parts` contiguous, equally large ones.
struct Part {
  Part(std::size_t size, std::size_t index, std::size_t parts)
      : begin(size * index / parts), end(size * (index + 1) / parts) {}
  std::size_t begin;
  std::size_t end;
};

/// The bindings of `--bind numa`, with every rank's CPUs filled in.
std::vector<CpuBinding> share_nodes(const MachineLayout& layout, const BindRequest& request,
                                    const std::vector<Near>& near_of);

/// The bindings of `--bind core`; none are bound and a note says so if there are too few cores.
JobBinding share_cores(const MachineLayout& layout, const BindRequest& request,
                       const std::vector<Near>& near_of);

}  // namespace dplaunch
