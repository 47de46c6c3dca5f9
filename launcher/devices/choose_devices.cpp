#include "launcher/devices/choose_devices.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "launcher/devices/visible_devices.h"

namespace dplaunch {
namespace {

/// The number that --nproc-per-node gives; nullopt for gpu, cpu and auto.
std::optional<int> given_number(const std::string& text) {
  if (text.empty() || text == "gpu" || text == "cpu" || text == "auto") return std::nullopt;
  const std::optional<int> number = parse_number<int>(text);
  if (number && *number > 0) return number;
  throw Error(ExitCode::kUsage,
              fmt::format("--nproc-per-node \"{}\": not a number of processes", text),
              "a whole number from 1, gpu, cpu or auto");
}

/// The GPUs of so many processes: the first ones, or a command's are all GPUs that there are.
std::string first_gpus(int processes, const DeviceChoice& choice, const VisibleGpus& visible) {
  const auto gpus = static_cast<int>(visible.gpus.size());
  const int count = choice.is_command ? std::min(processes, gpus) : processes;
  return count == 1 ? "0" : fmt::format("0-{}", count - 1);
}

/// What torchrun makes of the number: the first so many GPUs, or processes on the CPU.
std::string device_string_for(const DeviceChoice& choice, const MachineDevices& machine) {
  const VisibleGpus visible = visible_gpus(machine);
  const bool has_gpus = !visible.gpus.empty();
  if (const std::optional<int> number = given_number(choice.processes)) {
    return has_gpus ? first_gpus(*number, choice, visible) : fmt::format("cpu:{}", *number);
  }
  if (choice.processes == "gpu" || (choice.processes == "auto" && has_gpus)) return "all";
  return fmt::format("cpu:{}", machine.usable_cores);
}

Error contradiction(const DeviceChoice& choice, const DeviceSelection& selection) {
  return Error(ExitCode::kUsage,
               fmt::format("--nproc-per-node {}, but --device {} makes {}", choice.processes,
                           choice.device.value_or("auto"),
                           counted(selection.processes(), "process", "processes")),
               choice.is_command ? "leave one of the two out"
                                 : "leave --nproc-per-node out: there is one process for each "
                                   "device");
}

std::string sharing_words(const DeviceSelection& selection) {
  return fmt::format("{} processes share {}: NCCL refuses two of them on one GPU, Gloo does not",
                     selection.processes(),
                     counted(static_cast<std::int64_t>(selection.gpus.size()), "GPU"));
}

/// A number beside the devices: so many processes of a command, whatever the GPUs are.
void settle_number(const DeviceChoice& choice, DeviceSelection& selection) {
  const std::optional<int> number = given_number(choice.processes);
  if (!number) return;
  // As under torchrun: who names a number and no GPUs leaves them all to the script.
  const bool hides_busy = choice.if_busy == IfBusy::kSkip;
  if (choice.is_command && !choice.device && !hides_busy) selection.keeps_mask = true;
  if (*number == selection.processes()) return;
  if (selection.is_cpu() || !choice.is_command) throw contradiction(choice, selection);
  selection.gpu_processes = *number;
  if (*number > static_cast<int>(selection.gpus.size())) {
    selection.warnings.push_back(sharing_words(selection));
  }
}

/// NCCL tells GPUs apart by host and PCI bus alone, which all instances of a GPU have in common.
void warn_of_instances_of_one_gpu(DeviceSelection& selection) {
  std::map<std::string, std::set<std::string>> instances_on_bus;
  for (int rank = 0; rank < selection.processes(); ++rank) {
    const Gpu* gpu = selection.gpu_of(rank);
    if (gpu == nullptr || !is_mig_instance(*gpu) || gpu->pci_bus_id.empty()) continue;
    instances_on_bus[gpu->pci_bus_id].insert(gpu->uuid);
  }
  for (const auto& [bus, instances] : instances_on_bus) {
    if (instances.size() < 2) continue;
    selection.warnings.push_back(fmt::format(
        "warning: {} are MIG instances of one GPU ({}): NCCL takes them for one device and is "
        "likely to refuse them (\"Duplicate GPU detected\"); take one instance of each GPU, or "
        "Gloo",
        joined({instances.begin(), instances.end()}), bus));
  }
}

}  // namespace

JobDevices choose_devices(const DeviceChoice& choice) {
  JobDevices devices;
  MachineDevices& machine = devices.machine;
  const std::optional<int> number = given_number(choice.processes);
  const bool is_by_number = !choice.device && !choice.processes.empty();
  if (is_by_number) {
    machine = choice.processes == "cpu" ? unprobed_machine() : probe_machine();
    devices.text = device_string_for(choice, machine);
  } else {
    devices.text = choice.device.value_or("auto");
    if (devices.text == "cpu" && number) devices.text = fmt::format("cpu:{}", *number);
  }
  const DeviceRequest request = parse_device_string(devices.text);
  if (!is_by_number) {
    // The driver can take a second to wake up: a job on the CPU leaves it alone.
    machine = request.form == DeviceForm::kCpu ? unprobed_machine() : probe_machine();
  }
  devices.selection = select_devices(request, machine, choice.if_busy);
  const bool is_fallback = request.form == DeviceForm::kAuto && devices.selection.is_cpu();
  if (number && is_fallback) {
    devices.text = fmt::format("cpu:{}", *number);
    devices.selection = select_devices(parse_device_string(devices.text), machine);
  }
  // A number chose the CPU for want of GPUs. Where "cpu" was asked for, nothing was probed, and
  // there is nothing to warn of.
  if (devices.selection.is_cpu() && (is_by_number || (number && is_fallback))) {
    warn_of_missing_gpus(machine, devices.selection);
  }
  settle_number(choice, devices.selection);
  warn_of_instances_of_one_gpu(devices.selection);
  return devices;
}

DeviceSelection wait_for_devices(const DeviceRequest& request, MachineDevices& machine,
                                 IfBusy if_busy, std::ostream& out,
                                 std::chrono::milliseconds period) {
  using Clock = std::chrono::steady_clock;
  DeviceSelection selection = select_devices(request, machine, if_busy);
  if (selection.waits_for.empty()) return selection;
  out << "dplaunch: waiting (Ctrl-C ends it) until idle: " << selection.waits_for << std::endl;
  const Clock::time_point begin = Clock::now();
  while (!selection.waits_for.empty()) {
    std::this_thread::sleep_for(period);
    machine.probe = probe_gpus();
    selection = select_devices(request, machine, if_busy);
  }
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
  out << "dplaunch: idle now, after " << waited.count() << " s" << std::endl;
  return selection;
}

void wait_until_idle(const DeviceChoice& choice, JobDevices& devices) {
  if (choice.if_busy != IfBusy::kWait || devices.selection.is_cpu()) return;
  devices.selection = wait_for_devices(parse_device_string(devices.text), devices.machine,
                                       choice.if_busy, std::cerr);
  settle_number(choice, devices.selection);
}

}  // namespace dplaunch
