#pragma once

#include <vector>

#include "launcher/commands/doctor/findings.h"
#include "launcher/devices/device_string.h"
#include "launcher/devices/select_devices.h"

namespace dplaunch::doctor {

struct DeviceFacts {
  DeviceRequest request;       ///< of --device, or "auto"
  bool is_asked = false;       ///< --device was given
  MachineDevices machine;      ///< without a probe if `request` is for the CPU
  std::vector<GpuLink> links;  ///< of the GPUs that answer
  int gpus_on_pci_bus = 0;     ///< of the probe's kind, whether a driver runs or not
  bool is_in_container = false;
};

DeviceFacts probe_devices(const DeviceRequest& request, bool is_asked, bool is_in_container);

Findings check_driver(const DeviceFacts& facts);
Findings check_gpus(const DeviceFacts& facts);
/// What --device would choose.
Findings check_choice(const DeviceFacts& facts);
Findings check_links(const DeviceFacts& facts);

}  // namespace dplaunch::doctor
