// The functions that a driver may lack; see fake_nvml.cpp.

#include <algorithm>

#include "tests/launcher/devices/fake_nvml_machine.h"

using namespace dplaunch::nvml;
using namespace dplaunch::fake_nvml;

namespace {

Return answer(int known, unsigned* value) {
  if (known < 0) return kNotSupported;
  *value = static_cast<unsigned>(known);
  return kSuccess;
}

Return list(const std::vector<ProcessInfo>& processes, unsigned* count, ProcessInfo* infos) {
  const unsigned room = *count;
  *count = static_cast<unsigned>(processes.size());
  if (room < processes.size()) return kInsufficientSize;
  std::copy(processes.begin(), processes.end(), infos);
  return kSuccess;
}

}  // namespace

extern "C" {

Return nvmlDeviceGetComputeRunningProcesses_v3(Device device, unsigned* count, ProcessInfo* infos) {
  if (as_device(device).no_processes) return kNotSupported;
  return list(as_device(device).processes, count, infos);
}

Return nvmlDeviceGetGraphicsRunningProcesses_v3(Device device, unsigned* count,
                                                ProcessInfo* infos) {
  if (as_device(device).no_processes) return kNotSupported;
  return list(as_device(device).graphics, count, infos);
}

Return nvmlDeviceGetPowerUsage(Device device, unsigned* milliwatts) {
  return answer(as_device(device).power_usage_mw, milliwatts);
}

Return nvmlDeviceGetEnforcedPowerLimit(Device device, unsigned* milliwatts) {
  return answer(as_device(device).power_limit_mw, milliwatts);
}

Return nvmlDeviceGetTemperature(Device device, int sensor, unsigned* degrees) {
  if (sensor != kTemperatureOfGpu) return kNotSupported;
  return answer(as_device(device).temperature, degrees);
}

Return nvmlDeviceGetCurrentClocksEventReasons(Device device, unsigned long long* reasons) {
  if (as_device(device).clocks_event_reasons < 0) return kNotSupported;
  *reasons = static_cast<unsigned long long>(as_device(device).clocks_event_reasons);
  return kSuccess;
}

Return nvmlDeviceGetTopologyCommonAncestor(Device a, Device b, unsigned* level) {
  const auto found = machine().levels.find({as_device(a).index, as_device(b).index});
  if (found == machine().levels.end()) return kNotSupported;
  *level = found->second;
  return kSuccess;
}

Return nvmlDeviceGetNvLinkState(Device device, unsigned link, unsigned* state) {
  if (link >= as_device(device).nvlinks.size()) return kNotSupported;
  *state = kNvlinkActive;
  return kSuccess;
}

Return nvmlDeviceGetNvLinkRemoteDeviceType(Device device, unsigned link, unsigned* type) {
  *type = as_device(device).nvlinks.at(link) < 0 ? kNvlinkToSwitch : kNvlinkToGpu;
  return kSuccess;
}

Return nvmlDeviceGetNvLinkRemotePciInfo_v2(Device device, unsigned link, PciInfo* pci) {
  const int peer = as_device(device).nvlinks.at(link);
  if (peer < 0) return kNotFound;
  return copy_text(pci_bus_id(static_cast<unsigned>(peer)), pci->bus_id, sizeof pci->bus_id);
}

Return nvmlDeviceGetMigMode(Device device, unsigned* current, unsigned* pending) {
  *current = *pending = as_device(device).mig_mode ? kMigEnabled : 0;
  return kSuccess;
}

Return nvmlDeviceGetMaxMigDeviceCount(Device, unsigned* count) {
  *count = 14;  // seven instances, in every other slot: real slots have gaps as well
  return kSuccess;
}

Return nvmlDeviceGetMigDeviceHandleByIndex(Device device, unsigned slot, Device* instance) {
  auto& instances = static_cast<FakeDevice*>(device)->instances;
  if (slot % 2 == 0 || slot / 2 >= instances.size()) return kNotFound;
  *instance = &instances[slot / 2];
  return kSuccess;
}
}
