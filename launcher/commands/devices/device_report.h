#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/process/describe_process.h"
#include "launcher/devices/select_devices.h"

namespace dplaunch {

struct ReportedProcess {
  GpuProcess process;
  ProcessDescription description;
};

/// One GPU or MIG instance, visible to this process or not.
struct ReportedGpu {
  Gpu gpu;
  bool is_visible = true;  ///< false: the inherited mask hides it
  std::vector<ReportedProcess> processes;
};

/// What a device string would choose here.
struct Choice {
  std::string device;
  DeviceSelection selection;
  std::optional<Error> error;  ///< why it would choose nothing
};

struct DeviceReport {
  MachineDevices machine;
  std::vector<ReportedGpu> gpus;  ///< those that are visible in their logical order, then the rest
  std::vector<GpuLink> links;
  std::string mask_note;             ///< what an inherited mask hides or got wrong
  bool has_other_processes = false;  ///< process numbers here may not be the driver's
  Choice automatic;                  ///< of "auto"
  std::optional<Choice> asked;       ///< of the device string that was asked about
};

/// Looks at this machine: its drivers, /proc, the inherited mask, the usable cores.
DeviceReport make_device_report(const std::optional<DeviceRequest>& asked);

/// "idle", "busy" or "error".
std::string state_of(const Gpu& gpu);

}  // namespace dplaunch
