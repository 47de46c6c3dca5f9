#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// How two GPUs of this machine reach each other. Numbers are physical.
struct GpuLink {
  int first = 0;
  int second = 0;    ///< always larger than `first`
  int nvlinks = 0;   ///< direct ones, and those that meet in an NVSwitch
  std::string path;  ///< over PCIe: PIX, PXB, PHB, NODE or SYS, as in `nvidia-smi topo -m`;
                     ///< empty if the driver does not say

  /// "NV4" or the path, as `nvidia-smi topo -m` names it; "?" if nothing is known.
  std::string name() const;
};

/// Asks NVML about each pair of GPUs that answers. Empty without a driver or a second GPU. Takes
/// some 20 questions to the driver per GPU: for who wants to see it, not for every start.
std::vector<GpuLink> probe_gpu_links();

}  // namespace dplaunch
