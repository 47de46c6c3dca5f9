#include <fstream>

#include "base/process/usable_cores.h"
#include "common/rank_environment.h"
#include "launcher/commands/doctor/probes.h"

namespace dplaunch::doctor {
namespace {

namespace fs = std::filesystem;

std::string first_word(const fs::path& file) {
  std::ifstream stream(file);
  std::string word;
  stream >> word;
  return word;
}

/// PCI vendor 0x10de is NVIDIA, class 0x03 a display or 3D controller.
int count_gpus_on_pci_bus() {
  int count = 0;
  std::error_code error;
  for (fs::directory_iterator device("/sys/bus/pci/devices", error), end; !error && device != end;
       device.increment(error)) {
    const bool is_nvidia = first_word(device->path() / "vendor") == "0x10de";
    if (is_nvidia && first_word(device->path() / "class").starts_with("0x03")) ++count;
  }
  return count;
}

}  // namespace

DeviceFacts probe_devices(const DeviceRequest& request, bool is_asked) {
  DeviceFacts facts;
  facts.request = request;
  facts.is_asked = is_asked;
  facts.is_in_container = is_in_container();
  facts.machine.visible_devices = process_variable("CUDA_VISIBLE_DEVICES");
  facts.machine.usable_cores = usable_cores();
  if (request.kind == DeviceKind::kCpu) return facts;
  facts.machine.probe = probe_gpus();
  facts.links = probe_gpu_links();
  facts.gpus_on_pci_bus = count_gpus_on_pci_bus();
  return facts;
}

}  // namespace dplaunch::doctor
