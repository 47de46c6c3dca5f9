#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/devices/gpu.h"

namespace dplaunch {

/// The GPUs that this process may use.
struct VisibleGpus {
  std::vector<Gpu> gpus;  ///< with their logical_index set
  std::string note;       ///< what the mask hides or got wrong; empty without a mask
};

/// Applies an inherited CUDA_VISIBLE_DEVICES (nullopt: not set) as CUDA itself does: numbers or
/// (beginnings of) UUIDs, the order counts, and the list ends at the first entry that fits no GPU.
/// Numbers are taken in PCI bus order, which is also the order that workers are given.
/// Without a mask a GPU's logical index is its physical one; MIG instances share their GPU's.
VisibleGpus visible_gpus(const std::vector<Gpu>& gpus, const std::optional<std::string>& mask);

}  // namespace dplaunch
