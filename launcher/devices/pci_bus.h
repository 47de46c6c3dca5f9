#pragma once

#include <filesystem>

#include "launcher/devices/device_kind.h"

namespace dplaunch {

/// How many GPUs of this kind's vendor the kernel sees, whether a driver runs or not; in a
/// container too, for it shows the host's. 0 where the folder cannot be read.
int count_gpus_on_pci_bus(const DeviceKind& kind,
                          const std::filesystem::path& folder = "/sys/bus/pci/devices");

}  // namespace dplaunch
