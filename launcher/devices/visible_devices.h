#pragma once

#include <string>
#include <vector>

#include "launcher/devices/machine_devices.h"

namespace dplaunch {

/// The GPUs that this process may use.
struct VisibleGpus {
  std::vector<Gpu> gpus;  ///< with their logical_index set
  std::string note{};     ///< what the mask hides or got wrong; empty without a mask or a GPU
  /// The mask leaves no GPU, or has an entry that means none: hardly what its author wanted.
  bool is_mask_wrong = false;
};

/// Applies the inherited masks (CUDA_VISIBLE_DEVICES; of AMD's ROCR_VISIBLE_DEVICES, then
/// HIP_VISIBLE_DEVICES or CUDA_VISIBLE_DEVICES) as CUDA and HIP themselves do: numbers or
/// (beginnings of) UUIDs, the order counts, the list ends at the first entry that fits no GPU, and
/// an entry that is repeated leaves none (as PyTorch's torch.cuda.device_count). Numbers are taken
/// in the order of Gpu::index, which is also that of the workers. Without a mask a GPU's logical
/// index is its physical one; MIG instances share their GPU's.
VisibleGpus visible_gpus(const MachineDevices& machine);

}  // namespace dplaunch
