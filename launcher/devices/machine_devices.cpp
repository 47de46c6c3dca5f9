#include "launcher/devices/machine_devices.h"

#include <utility>

#include "base/process/usable_cores.h"
#include "common/rank_environment.h"
#include "launcher/devices/pci_bus.h"

namespace dplaunch {
namespace {

MachineDevices machine_with(GpuProbe probe) {
  MachineDevices machine{std::move(probe), std::nullopt, usable_cores()};
  machine.visible_devices = process_variable(machine.probe.kind->mask_variable);
  return machine;
}

}  // namespace

bool is_broken(const GpuProbe& probe) {
  return probe.gpus.empty() && (probe.has_library || probe.gpus_on_pci_bus > 0);
}

GpuProbe probe_gpus() {
  GpuProbe best;
  for (const DeviceKind& kind : gpu_kinds()) {
    GpuProbe probe = kind.probe();
    probe.kind = &kind;
    if (!probe.gpus.empty()) return probe;
    probe.gpus_on_pci_bus = count_gpus_on_pci_bus(kind);
    // Of several kinds without a GPU, a driver that is there but does not work is what the user
    // has to hear of; the others were just never installed.
    if (best.note.empty() || (is_broken(probe) && !is_broken(best))) best = std::move(probe);
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
