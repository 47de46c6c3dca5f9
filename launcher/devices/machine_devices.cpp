#include "launcher/devices/machine_devices.h"

#include <fmt/core.h>

#include <cstdint>
#include <utility>

#include "base/process/usable_cores.h"
#include "base/text/words.h"
#include "common/rank_environment.h"
#include "launcher/devices/pci_bus.h"

namespace dplaunch {
namespace {

MachineDevices machine_with(GpuProbe probe) {
  MachineDevices machine{std::move(probe), std::nullopt, usable_cores()};
  const DeviceKind& kind = *machine.probe.kind;
  for (const char* variable : {kind.mask_variable, kind.other_mask_variable}) {
    if (variable == nullptr || machine.visible_devices) continue;
    machine.visible_devices = process_variable(variable);
    if (machine.visible_devices) machine.visible_devices_variable = variable;
  }
  if (kind.outer_mask_variable != nullptr) {
    machine.outer_visible_devices = process_variable(kind.outer_mask_variable);
  }
  return machine;
}

/// "2 AMD GPUs are there too, and are not used: ..."
std::string other_gpus(const GpuProbe& other, const GpuProbe& taken) {
  const auto count = static_cast<std::int64_t>(other.gpus.size());
  return fmt::format("{} {} not used: where there are GPUs of both makers, {}'s are",
                     counted(count, other.kind->name), count == 1 ? "is" : "are",
                     taken.kind->vendor);
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
    if (!best.gpus.empty()) {
      if (!probe.gpus.empty()) best.other_gpus = other_gpus(probe, best);
      continue;
    }
    if (!probe.gpus.empty()) {
      best = std::move(probe);
      continue;
    }
    probe.gpus_on_pci_bus = count_gpus_on_pci_bus(kind);
    // Of several kinds without a GPU, a driver that is there but does not work is what the user
    // has to hear of; the others were just never installed.
    if (best.note.empty() || (is_broken(probe) && !is_broken(best))) best = std::move(probe);
  }
  return best;
}

std::vector<InheritedMask> inherited_masks(const MachineDevices& machine) {
  const DeviceKind& kind = *machine.probe.kind;
  std::vector<InheritedMask> masks;
  if (machine.outer_visible_devices) {
    masks.push_back({kind.outer_mask_variable, *machine.outer_visible_devices, true});
  }
  if (machine.visible_devices) {
    const char* variable = machine.visible_devices_variable;
    masks.push_back(
        {variable != nullptr ? variable : kind.mask_variable, *machine.visible_devices});
  }
  return masks;
}

std::string mask_variables(const MachineDevices& machine) {
  std::vector<std::string> names;
  for (const InheritedMask& mask : inherited_masks(machine)) names.emplace_back(mask.variable);
  return names.empty() ? machine.probe.kind->mask_variable : joined(names, " and ");
}

std::vector<GpuLink> probe_links(const DeviceKind& kind) {
  return kind.probe_links == nullptr ? std::vector<GpuLink>() : kind.probe_links();
}

MachineDevices probe_machine() {
  return machine_with(probe_gpus());
}

MachineDevices unprobed_machine() {
  return machine_with({});
}

}  // namespace dplaunch
