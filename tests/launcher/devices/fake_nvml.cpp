// A stand-in for libnvidia-ml.so.1. The machine is described by the text file that the environment
// variable DPLAUNCH_FAKE_NVML names, one line each:
//
//   driver 550.54.14
//   init_error 9                      nvmlInit_v2 answers this code
//   gpu GPU-<uuid> <memory MiB> <used MiB> <utilisation %, or -1> <name>
//   process <pid> <used MiB, or -1>   of the last gpu or mig
//   graphics <pid> <used MiB, or -1>  a process that draws, of the last gpu
//   no_processes                      the last gpu or mig refuses to list its processes
//   power <usage mW> <limit mW>       of the last gpu or mig
//   temperature <degrees C>           of the last gpu or mig
//   clocks <reasons, hexadecimal>     of the last gpu or mig
//   error 15                          the last gpu's handle cannot be had
//   mig MIG-<uuid> <memory MiB> <used MiB> <name>      an instance of the last gpu
//   mig_mode                          the last gpu is in MIG mode, maybe without instances
//   common_ancestor <gpu> <gpu> <nvmlGpuTopologyLevel_t>
//   nvlink <gpu> <gpu> <links>        between two gpus named before
//   nvswitch <links>                  from the last gpu to an NVSwitch
//
// This file has what every driver has; fake_nvml_optional.cpp adds what old drivers lack.

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/launcher/devices/fake_nvml_machine.h"

namespace dplaunch::fake_nvml {
namespace {

FakeMachine the_machine;

std::string rest_of_line(std::istringstream& fields) {
  std::string text;
  std::getline(fields >> std::ws, text);
  return text;
}

nvml::ProcessInfo read_process(std::istringstream& fields) {
  nvml::ProcessInfo process{};
  long long mib = 0;
  fields >> process.pid >> mib;
  process.used_memory = mib < 0 ? nvml::kMemoryUnknown : static_cast<unsigned long long>(mib) << 20;
  return process;
}

void read_gpu(std::istringstream& fields, FakeDevice*& last) {
  FakeDevice& gpu = the_machine.gpus.emplace_back();
  gpu.index = static_cast<unsigned>(the_machine.gpus.size()) - 1;
  fields >> gpu.uuid >> gpu.total_mib >> gpu.used_mib >> gpu.utilization;
  gpu.name = rest_of_line(fields);
  last = &gpu;
}

void read_instance(std::istringstream& fields, FakeDevice*& last) {
  FakeDevice& parent = the_machine.gpus.back();
  parent.mig_mode = true;
  FakeDevice& instance = parent.instances.emplace_back();
  fields >> instance.uuid >> instance.total_mib >> instance.used_mib;
  instance.name = rest_of_line(fields);
  last = &instance;
}

void read_nvlink(std::istringstream& fields) {
  int a = 0;
  int b = 0;
  int links = 0;
  fields >> a >> b >> links;
  for (int i = 0; i < links; ++i) {
    the_machine.gpus.at(static_cast<std::size_t>(a)).nvlinks.push_back(b);
    the_machine.gpus.at(static_cast<std::size_t>(b)).nvlinks.push_back(a);
  }
}

void read_line(const std::string& line, FakeDevice*& last) {
  std::istringstream fields(line);
  std::string kind;
  fields >> kind;
  if (kind == "driver") fields >> the_machine.driver;
  if (kind == "init_error") fields >> the_machine.init_error;
  if (kind == "gpu") read_gpu(fields, last);
  if (kind == "mig") read_instance(fields, last);
  if (kind == "mig_mode") the_machine.gpus.back().mig_mode = true;
  if (kind == "error") fields >> the_machine.gpus.back().error;
  if (kind == "process") last->processes.push_back(read_process(fields));
  if (kind == "graphics") last->graphics.push_back(read_process(fields));
  if (kind == "no_processes") last->no_processes = true;
  if (kind == "power") fields >> last->power_usage_mw >> last->power_limit_mw;
  if (kind == "temperature") fields >> last->temperature;
  if (kind == "clocks") fields >> std::hex >> last->clocks_event_reasons;
  if (kind == "nvlink") read_nvlink(fields);
  if (kind == "nvswitch") {
    std::size_t links = 0;
    fields >> links;
    the_machine.gpus.back().nvlinks.insert(the_machine.gpus.back().nvlinks.end(), links, -1);
  }
  if (kind == "common_ancestor") {
    unsigned a = 0;
    unsigned b = 0;
    fields >> a >> b;
    fields >> the_machine.levels[{a, b}];
  }
}

}  // namespace

const FakeMachine& machine() {
  return the_machine;
}

const FakeDevice& as_device(nvml::Device device) {
  return *static_cast<const FakeDevice*>(device);
}

nvml::Return copy_text(const std::string& text, char* buffer, unsigned size_bytes) {
  if (text.size() + 1 > size_bytes) return nvml::kInsufficientSize;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return nvml::kSuccess;
}

std::string pci_bus_id(unsigned index) {
  return "00000000:0" + std::to_string(index + 1) + ":00.0";
}

}  // namespace dplaunch::fake_nvml

using namespace dplaunch::nvml;
using namespace dplaunch::fake_nvml;

extern "C" {

Return nvmlInit_v2() {
  the_machine = FakeMachine{};
  const char* file = std::getenv("DPLAUNCH_FAKE_NVML");
  std::ifstream description(file == nullptr ? "" : file);
  FakeDevice* last = nullptr;
  for (std::string line; std::getline(description, line);) read_line(line, last);
  return the_machine.init_error;
}

Return nvmlShutdown() {
  return kSuccess;
}

const char* nvmlErrorString(Return code) {
  if (code == 4) return "Insufficient Permissions";
  if (code == 9) return "Driver Not Loaded";
  if (code == 15) return "GPU is lost";
  if (code == 18) return "Driver/library version mismatch";
  return "Unknown Error";
}

Return nvmlSystemGetDriverVersion(char* buffer, unsigned size_bytes) {
  return copy_text(machine().driver, buffer, size_bytes);
}

Return nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(the_machine.gpus.size());
  return kSuccess;
}

Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* device) {
  if (index >= the_machine.gpus.size()) return 2;
  if (the_machine.gpus[index].error != 0) return the_machine.gpus[index].error;
  *device = &the_machine.gpus[index];
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
  return copy_text(pci_bus_id(as_device(device).index), pci->bus_id, sizeof pci->bus_id);
}
}
