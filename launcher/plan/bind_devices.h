#pragma once

#include "launcher/affinity/cpu_binding.h"
#include "launcher/devices/select_devices.h"

namespace dplaunch {

/// Which of the cores that this process may use each rank of the selection runs on; one rank per
/// device. No other thread may run meanwhile.
JobBinding bind_devices(const DeviceSelection& devices, Bind bind);

}  // namespace dplaunch
