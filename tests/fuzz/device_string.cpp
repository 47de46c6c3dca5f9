// Device strings, and what a machine with every kind of GPU makes of them.

#include "launcher/devices/device_string.h"

#include <set>
#include <utility>

#include "launcher/devices/select_devices.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace dplaunch;
using fuzz::expect;

std::string names(const std::vector<DeviceName>& list, const std::string& before) {
  std::string text;
  for (const DeviceName& name : list) {
    text += "," + before + (name.uuid.empty() ? std::to_string(name.index) : name.uuid);
  }
  return text;
}

/// The request as a device string.
std::string to_text(const DeviceRequest& request) {
  const std::string count = request.count > 0 ? ":" + std::to_string(request.count) : "";
  if (request.form == DeviceForm::kAuto) return "auto" + count;
  if (request.form == DeviceForm::kCpu) return "cpu" + count;
  const std::string excluded = names(request.excluded, "!");
  if (request.form == DeviceForm::kAll) return "all" + excluded;
  return names(request.included, "").substr(1) + excluded;
}

Gpu gpu(int index, int logical_index, const std::string& uuid) {
  Gpu made;
  made.index = index;
  made.logical_index = logical_index;
  made.uuid = uuid;
  made.name = "NVIDIA H100";
  made.memory_total_bytes = 80'000'000'000;
  return made;
}

/// Two idle GPUs whose names begin alike, a busy one, one in MIG mode, a broken one.
MachineDevices make_machine() {
  MachineDevices machine;
  machine.usable_cores = 4;
  machine.probe.has_library = true;
  machine.probe.gpus = {gpu(0, 0, "GPU-aaaa"), gpu(1, 1, "GPU-aabb"), gpu(2, 2, "GPU-cccc"),
                        gpu(3, 3, "MIG-1111"), gpu(3, 3, "MIG-2222"), gpu(4, 4, "GPU-dddd")};
  machine.probe.gpus[2].utilization_percent = 99;
  machine.probe.gpus[5].error = "GPU is lost";
  return machine;
}

void check(const DeviceSelection& selection) {
  expect(selection.processes() > 0, "a selection has a process");
  std::set<std::string> uuids;
  for (const Gpu& chosen : selection.gpus) {
    expect(uuids.insert(chosen.uuid).second, "no GPU is selected twice");
    expect(chosen.error.empty(), "no broken GPU is selected");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  DeviceRequest request;
  if (!fuzz::accepts(ExitCode::kDevice, [&] { request = parse_device_string(text); })) return 0;
  const DeviceRequest again = parse_device_string(to_text(request));
  expect(again.form == request.form && again.count == request.count &&
             again.included == request.included && again.excluded == request.excluded,
         "\"" + to_text(request) + "\" means the same as what it was made from");
  static const MachineDevices machine = make_machine();
  for (const IfBusy if_busy : {IfBusy::kWarn, IfBusy::kSkip, IfBusy::kFail, IfBusy::kWait}) {
    fuzz::accepts(ExitCode::kDevice, [&] { check(select_devices(request, machine, if_busy)); });
  }
  return 0;
}
