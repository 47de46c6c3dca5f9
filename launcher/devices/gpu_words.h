#pragma once

#include <string>
#include <vector>

#include "launcher/devices/gpu.h"

namespace dplaunch {

/// "GPU 1 (NVIDIA GeForce RTX 3090)", with the logical number.
std::string gpu_title(const Gpu& gpu);

/// How a device string names it: "1", or the UUID of a MIG instance.
std::string device_name(const Gpu& gpu);

/// "99% utilised, 8.0 of 24.0 GiB used by process 4711 (alice: python train.py)". Looks each
/// process up in /proc.
std::string gpu_usage(const Gpu& gpu);

/// "0 (NVIDIA GeForce RTX 3090), MIG-1111-2222 (...)": each with its device_name().
std::string gpu_listing(const std::vector<Gpu>& gpus);

}  // namespace dplaunch
