// A stand-in for libnvidia-ml.so.1. The machine is described by the text file that the environment
// variable DPLAUNCH_FAKE_NVML names, one line each:
//
//   driver 550.54.14
//   init_error 9                      nvmlInit_v2 answers this code
//   gpu GPU-<uuid> <memory MiB> <used MiB> <utilisation %, or -1> <name>
//   process <pid> <used MiB>          of the last gpu or mig
//   error 15                          the last gpu's handle cannot be had
//   mig MIG-<uuid> <memory MiB> <used MiB> <name>      an instance of the last gpu
//   mig_mode                          the last gpu is in MIG mode, maybe without instances

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "launcher/devices/nvml_types.h"

namespace {

using namespace dplaunch::nvml;

struct FakeDevice {
  std::string uuid, name;
  unsigned long long total_mib = 0, used_mib = 0;
  int utilization = -1;
  int error = 0;
  bool mig_mode = false;
  unsigned index = 0;
  std::vector<ProcessInfo> processes;
  std::deque<FakeDevice> instances;
};

struct Machine {
  std::string driver = "550.54.14";
  int init_error = 0;
  std::deque<FakeDevice> gpus;
};

Machine machine;

std::string rest_of_line(std::istringstream& fields) {
  std::string text;
  std::getline(fields >> std::ws, text);
  return text;
}

void read_line(const std::string& line, FakeDevice*& last) {
  std::istringstream fields(line);
  std::string kind;
  fields >> kind;
  if (kind == "driver") fields >> machine.driver;
  if (kind == "init_error") fields >> machine.init_error;
  if (kind == "gpu") {
    FakeDevice& gpu = machine.gpus.emplace_back();
    gpu.index = static_cast<unsigned>(machine.gpus.size()) - 1;
    fields >> gpu.uuid >> gpu.total_mib >> gpu.used_mib >> gpu.utilization;
    gpu.name = rest_of_line(fields);
    last = &gpu;
  }
  if (kind == "mig") {
    FakeDevice& parent = machine.gpus.back();
    parent.mig_mode = true;
    FakeDevice& instance = parent.instances.emplace_back();
    fields >> instance.uuid >> instance.total_mib >> instance.used_mib;
    instance.name = rest_of_line(fields);
    last = &instance;
  }
  if (kind == "mig_mode") machine.gpus.back().mig_mode = true;
  if (kind == "error") fields >> machine.gpus.back().error;
  if (kind == "process") {
    ProcessInfo process{};
    unsigned long long mib = 0;
    fields >> process.pid >> mib;
    process.used_memory = mib << 20;
    last->processes.push_back(process);
  }
}

const FakeDevice& as_device(Device device) {
  return *static_cast<const FakeDevice*>(device);
}

Return copy_text(const std::string& text, char* buffer, unsigned size_bytes) {
  if (text.size() + 1 > size_bytes) return kInsufficientSize;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return kSuccess;
}

}  // namespace

extern "C" {

Return nvmlInit_v2() {
  machine = Machine{};
  const char* file = std::getenv("DPLAUNCH_FAKE_NVML");
  std::ifstream description(file == nullptr ? "" : file);
  FakeDevice* last = nullptr;
  for (std::string line; std::getline(description, line);) read_line(line, last);
  return machine.init_error;
}

Return nvmlShutdown() {
  return kSuccess;
}

const char* nvmlErrorString(Return code) {
  if (code == 9) return "Driver Not Loaded";
  if (code == 15) return "GPU is lost";
  return "Unknown Error";
}

Return nvmlSystemGetDriverVersion(char* buffer, unsigned size_bytes) {
  return copy_text(machine.driver, buffer, size_bytes);
}

Return nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(machine.gpus.size());
  return kSuccess;
}

Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* device) {
  if (index >= machine.gpus.size()) return 2;
  if (machine.gpus[index].error != 0) return machine.gpus[index].error;
  *device = &machine.gpus[index];
  return kSuccess;
}

Return nvmlDeviceGetUUID(Device device, char* buffer, unsigned size_bytes) {
  return copy_text(as_device(device).uuid, buffer, size_bytes);
}

Return nvmlDeviceGetName(Device device, char* buffer, unsigned size_bytes) {
  return copy_text(as_device(device).name, buffer, size_bytes);
}

Return nvmlDeviceGetMemoryInfo(Device device, Memory* memory) {
  const FakeDevice& d = as_device(device);
  *memory = {d.total_mib << 20, (d.total_mib - d.used_mib) << 20, d.used_mib << 20};
  return kSuccess;
}

Return nvmlDeviceGetUtilizationRates(Device device, Utilization* utilization) {
  if (as_device(device).utilization < 0) return kNotSupported;
  utilization->gpu = static_cast<unsigned>(as_device(device).utilization);
  utilization->memory = 0;
  return kSuccess;
}

Return nvmlDeviceGetPciInfo_v3(Device device, PciInfo* pci) {
  const std::string bus = "00000000:0" + std::to_string(as_device(device).index + 1) + ":00.0";
  return copy_text(bus, pci->bus_id, sizeof pci->bus_id);
}

Return nvmlDeviceGetComputeRunningProcesses_v3(Device device, unsigned* count, ProcessInfo* infos) {
  const auto& processes = as_device(device).processes;
  const unsigned room = *count;
  *count = static_cast<unsigned>(processes.size());
  if (room < processes.size()) return kInsufficientSize;
  std::copy(processes.begin(), processes.end(), infos);
  return kSuccess;
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
