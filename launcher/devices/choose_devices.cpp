#include "launcher/devices/choose_devices.h"

#include <fmt/core.h>

#include <iostream>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"

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

/// What torchrun makes of the number: the first so many GPUs, or processes on the CPU.
std::string device_string_for(const std::string& processes, const MachineDevices& machine) {
  const bool has_gpus = !machine.probe.gpus.empty();
  if (const std::optional<int> number = given_number(processes)) {
    if (!has_gpus) return fmt::format("cpu:{}", *number);
    return *number == 1 ? "0" : fmt::format("0-{}", *number - 1);
  }
  if (processes == "gpu" || (processes == "auto" && has_gpus)) return "all";
  return fmt::format("cpu:{}", machine.usable_cores);
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
  const std::optional<int> number = given_number(choice.processes);
  const bool is_by_number = !choice.device && !choice.processes.empty();
  if (is_by_number) {
    machine = choice.processes == "cpu" ? unprobed_machine() : probe_machine();
    devices.text = device_string_for(choice.processes, machine);
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
  // A number chose the CPU for want of GPUs. Where "cpu" was asked for, nothing was probed, and
  // there is nothing to warn of.
  if (is_by_number && machine.probe.gpus.empty()) {
    warn_of_broken_driver(machine.probe, devices.selection);
  }
  check_number(choice, devices);
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
}

}  // namespace dplaunch
