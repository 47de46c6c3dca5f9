#pragma once

#include <chrono>
#include <iosfwd>

#include "launcher/devices/select_devices.h"

namespace dplaunch {

/// select_devices(), and under IfBusy::kWait only once nothing is waited for any more: until then
/// it sleeps for `period` and probes again, into `machine`. Says once on `out` what it waits for
/// and who is on it, and once that the wait is over. It catches no signal: with the default
/// dispositions SIGINT or SIGTERM ends the process, and nothing is lost. Throws Error(kDevice) as
/// soon as the wait would be in vain, because a GPU is lost or gone.
DeviceSelection wait_for_devices(const DeviceRequest& request, MachineDevices& machine,
                                 IfBusy if_busy, std::ostream& out,
                                 std::chrono::milliseconds period = std::chrono::seconds(3));

}  // namespace dplaunch
