#include "launcher/devices/machine_devices.h"

#include <utility>

#include "base/process/usable_cores.h"
#include "common/rank_environment.h"

namespace dplaunch {
namespace {

MachineDevices machine_with(GpuProbe probe) {
  MachineDevices machine{std::move(probe), std::nullopt, usable_cores()};
  machine.visible_devices = process_variable(machine.probe.kind->mask_variable);
  return machine;
}

}  // namespace

GpuProbe probe_gpus() {
  GpuProbe best;
  for (const DeviceKind& kind : gpu_kinds()) {
    GpuProbe probe = kind.probe();
    probe.kind = &kind;
    if (!probe.gpus.empty()) return probe;
    // Of several kinds without a GPU, a driver that is there but does not work is what the user
    // has to hear of; the others were just never installed.
    if (best.note.empty() || (probe.has_library && !best.has_library)) best = std::move(probe);
  }
  return best;
}

MachineDevices probe_machine() {
  return machine_with(probe_gpus());
}

MachineDevices unprobed_machine() {
  return machine_with({});
}

}  // namespace dplaunch
