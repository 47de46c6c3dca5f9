#include <set>

#include "base/error.h"
#include "common/config/config.h"
#include "launcher/commands/doctor/probes.h"
#include "launcher/devices/visible_devices.h"

namespace dplaunch::doctor {
namespace {

/// The job that --device means; of the GPUs' kind and one process where it means none.
DeviceSelection selection_of(const DeviceFacts& facts) {
  try {
    return select_devices(facts.request, facts.machine);
  } catch (const Error&) {
    return {};  // check_choice() says why
  }
}

bool uses_gpus(const DeviceFacts& facts, const DeviceSelection& selection) {
  if (!selection.gpus.empty()) return true;
  return selection.cpu_processes == 0 && !facts.machine.probe.gpus.empty();
}

bool has_only_nvlinks(const std::vector<GpuLink>& links, const DeviceSelection& selection) {
  std::set<int> chosen;
  for (const Gpu& gpu : selection.gpus) chosen.insert(gpu.index);
  std::size_t pairs = 0;
  for (const GpuLink& link : links) {
    const bool is_ours = chosen.contains(link.first) && chosen.contains(link.second);
    if (is_ours && link.nvlinks > 0) ++pairs;
  }
  return pairs > 0 && pairs == chosen.size() * (chosen.size() - 1) / 2;
}

}  // namespace

Facts gather_facts(const DeviceRequest& request, bool is_asked, const std::filesystem::path& root) {
  Facts facts;
  facts.devices = probe_devices(request, is_asked);
  const MachineDevices& machine = facts.devices.machine;
  const DeviceSelection selection = selection_of(facts.devices);
  const bool is_on_gpus = uses_gpus(facts.devices, selection);
  facts.worker = probe_worker(is_on_gpus ? WorkerKind::kCuda : WorkerKind::kCpu,
                              is_on_gpus ? machine.probe.driver_version : "");
  facts.all_reduce = probe_all_reduce(facts.devices, selection, facts.worker);
  facts.all_reduce.has_only_nvlinks = has_only_nvlinks(facts.devices.links, selection);
  facts.shared_memory = probe_shared_memory();
  facts.limits = probe_limits();
  facts.network = probe_network();
  facts.clock = probe_clock();
  facts.runs = probe_folder(Config().runs);
  facts.data = probe_data(root);
  facts.cores = probe_cores();
  facts.cores.gpu_processes = static_cast<int>(selection.gpus.size());
  facts.memory = probe_memory();
  facts.kernel = probe_kernel();
  facts.environment = probe_environment();
  facts.environment.mask_note = visible_gpus(machine.probe.gpus, machine.visible_devices).note;
  facts.environment.processes = selection.processes();
  facts.environment.usable_cores = machine.usable_cores;
  return facts;
}

}  // namespace dplaunch::doctor
