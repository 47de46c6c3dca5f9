#include "launcher/commands/devices/device_report.h"

#include <algorithm>

#include "launcher/devices/visible_devices.h"

namespace dplaunch {
namespace {

/// A wish that cannot be met is part of the report: what follows it says why.
Choice choose(const DeviceRequest& request, const MachineDevices& machine) {
  Choice choice{request.text, {}, std::nullopt};
  try {
    choice.selection = select_devices(request, machine);
  } catch (const Error& error) {
    choice.error = error;
  }
  return choice;
}

ReportedGpu reported(const Gpu& gpu, bool is_visible) {
  ReportedGpu report{gpu, is_visible, {}};
  for (const GpuProcess& process : gpu.processes) {
    report.processes.push_back({process, describe_process(process.pid)});
  }
  return report;
}

std::vector<ReportedGpu> all_gpus(const GpuProbe& probe, const VisibleGpus& visible) {
  std::vector<ReportedGpu> gpus;
  for (const Gpu& gpu : visible.gpus) gpus.push_back(reported(gpu, true));
  for (const Gpu& gpu : probe.gpus) {
    const bool is_visible = std::any_of(visible.gpus.begin(), visible.gpus.end(),
                                        [&](const Gpu& other) { return is_same_gpu(other, gpu); });
    if (!is_visible) gpus.push_back(reported(gpu, false));
  }
  return gpus;
}

}  // namespace

DeviceReport make_device_report(const std::optional<DeviceRequest>& asked) {
  DeviceReport report;
  report.machine = probe_machine();
  const VisibleGpus visible = visible_gpus(report.machine);
  report.gpus = all_gpus(report.machine.probe, visible);
  report.links = probe_links(*report.machine.probe.kind);
  report.mask_note = visible.note;
  report.has_other_processes = has_own_process_numbers();
  report.automatic = choose(parse_device_string("auto"), report.machine);
  if (asked) report.asked = choose(*asked, report.machine);
  return report;
}

std::string state_of(const Gpu& gpu) {
  if (!gpu.error.empty()) return "error";
  return is_busy(gpu) ? "busy" : "idle";
}

}  // namespace dplaunch
