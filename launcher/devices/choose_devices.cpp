#include "launcher/devices/choose_devices.h"

#include <fmt/core.h>

#include <iostream>
#include <optional>

#include "base/error.h"
#include "base/process/usable_cores.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "common/rank_environment.h"
#include "launcher/devices/wait_for_devices.h"

namespace dplaunch {
namespace {

/// The number that --nproc-per-node gives; nullopt for gpu, cpu and auto.
std::optional<int> given_number(const std::string& text) {
  if (text.empty() || text == "gpu" || text == "cpu" || text == "auto") return std::nullopt;
  const std::optional<int> number = parse_number<int>(text);
  if (number && *number > 0) return number;
  throw Error(ExitCode::kUsage, "--nproc-per-node \"" + text + "\": not a number of processes",
              "a whole number from 1, gpu, cpu or auto");
}

/// What torchrun makes of the number: the first so many GPUs, or processes on the CPU.
std::string device_string_for(const std::string& processes, const MachineDevices& machine) {
  const bool has_gpus = !machine.probe.gpus.empty();
  const int cores = machine.usable_cores;
  if (const std::optional<int> number = given_number(processes)) {
    if (!has_gpus) return "cpu:" + std::to_string(*number);
    return *number == 1 ? "0" : "0-" + std::to_string(*number - 1);
  }
  if (processes == "gpu" || (processes == "auto" && has_gpus)) return "all";
  return "cpu:" + std::to_string(cores);
}

void check_number(const DeviceChoice& choice, const JobDevices& devices) {
  const std::optional<int> number = given_number(choice.processes);
  if (!number || *number == devices.selection.processes()) return;
  throw Error(ExitCode::kUsage,
              fmt::format("--nproc-per-node {}, but --device {} makes {}", choice.processes,
                          choice.device.value_or("auto"),
                          counted(devices.selection.processes(), "process", "processes")),
              "leave --nproc-per-node out: there is one process for each device");
}

}  // namespace

JobDevices choose_devices(const DeviceChoice& choice) {
  JobDevices devices;
  MachineDevices& machine = devices.machine;
  machine.visible_devices = process_variable("CUDA_VISIBLE_DEVICES");
  machine.usable_cores = usable_cores();
  const std::optional<int> number = given_number(choice.processes);
  const bool is_by_number = !choice.device && !choice.processes.empty();
  if (is_by_number) {
    if (choice.processes != "cpu") machine.probe = probe_gpus();
    devices.text = device_string_for(choice.processes, machine);
  } else {
    devices.text = choice.device.value_or("auto");
    if (devices.text == "cpu" && number) devices.text += ":" + std::to_string(*number);
  }
  const DeviceRequest request = parse_device_string(devices.text);
  // The driver can take a second to wake up: a job on the CPU leaves it alone.
  if (request.kind != DeviceKind::kCpu && !is_by_number) machine.probe = probe_gpus();
  devices.selection = select_devices(request, machine, choice.if_busy);
  // Of "cpu" nothing was probed.
  if (is_by_number && machine.probe.gpus.empty()) {
    warn_of_broken_driver(machine.probe, devices.selection);
  }
  check_number(choice, devices);
  return devices;
}

void wait_until_idle(const DeviceChoice& choice, JobDevices& devices) {
  if (choice.if_busy != IfBusy::kWait || devices.selection.is_cpu()) return;
  devices.selection = wait_for_devices(parse_device_string(devices.text), devices.machine,
                                       choice.if_busy, std::cerr);
}

}  // namespace dplaunch
