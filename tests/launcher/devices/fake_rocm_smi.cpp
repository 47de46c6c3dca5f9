// A stand-in for librocm_smi64.so. The machine is described by the text file that the environment
// variable DPLAUNCH_FAKE_ROCM_SMI names, one line each:
//
//   driver 6.8.5
//   init_error 8                      rsmi_init answers this code
//   count_error 6                     rsmi_num_monitor_devices does
//   gpu <unique id, hexadecimal, or 0> <memory MiB> <used MiB> <utilisation %, or -1> <name>
//   node <number>                     of the compute driver, of the last gpu; without it it has
//   none pci <id, hexadecimal>             of the last gpu, as rsmi_dev_pci_id_get packs it
//   memory_error 3                    the last gpu's memory cannot be had
//   market <name>                     of the last gpu
//   power <usage mW> <limit mW>       of the last gpu
//   edge <degrees C>                  of the last gpu
//   junction <degrees C>              of the last gpu
//   process <pid> <used MiB> <gpu>...  the library's own numbers
//
// This file has what dplaunch cannot do without; fake_rocm_smi_optional.cpp adds the rest.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/launcher/devices/fake_rocm_smi_machine.h"

namespace dplaunch::fake_rocm_smi {
namespace {

FakeMachine the_machine;

std::string rest_of_line(std::istringstream& fields) {
  std::string text;
  std::getline(fields >> std::ws, text);
  return text;
}

void read_gpu(std::istringstream& fields) {
  FakeDevice& gpu = the_machine.gpus.emplace_back();
  fields >> std::hex >> gpu.unique_id >> std::dec >> gpu.total_mib >> gpu.used_mib >>
      gpu.utilization;
  gpu.name = rest_of_line(fields);
}

void read_process(std::istringstream& fields) {
  rocm_smi::ProcessInfo info{};
  fields >> info.pid >> info.memory_bytes;
  info.memory_bytes <<= 20;
  the_machine.processes.push_back(info);
  for (std::uint32_t gpu = 0; fields >> gpu;) the_machine.gpus_of_process[info.pid].push_back(gpu);
}

void read_line(const std::string& line) {
  std::istringstream fields(line);
  std::string kind;
  fields >> kind;
  if (kind == "gpu") read_gpu(fields);
  if (kind == "driver") fields >> the_machine.driver;
  if (kind == "init_error") fields >> the_machine.init_error;
  if (kind == "count_error") fields >> the_machine.count_error;
  if (kind == "process") read_process(fields);
  if (the_machine.gpus.empty()) return;
  FakeDevice& last = the_machine.gpus.back();
  if (kind == "node") fields >> last.node;
  if (kind == "pci") fields >> std::hex >> last.pci_id;
  if (kind == "memory_error") fields >> last.memory_error;
  if (kind == "market") last.market_name = rest_of_line(fields);
  if (kind == "power") fields >> last.power_usage_mw >> last.power_limit_mw;
  if (kind == "edge") fields >> last.edge_celsius;
  if (kind == "junction") fields >> last.junction_celsius;
}

}  // namespace

const FakeMachine& machine() {
  return the_machine;
}

rocm_smi::Return copy_text(const std::string& text, char* buffer, std::size_t size_bytes) {
  const std::size_t length = std::min(text.size(), size_bytes - 1);
  std::memcpy(buffer, text.c_str(), length);
  buffer[length] = '\0';
  return length < text.size() ? rocm_smi::kInsufficientSize : rocm_smi::kSuccess;
}

}  // namespace dplaunch::fake_rocm_smi

using namespace dplaunch::rocm_smi;
using namespace dplaunch::fake_rocm_smi;

extern "C" {

Return rsmi_init(std::uint64_t /*flags*/) {
  the_machine = FakeMachine{};
  const char* file = std::getenv("DPLAUNCH_FAKE_ROCM_SMI");
  std::ifstream description(file == nullptr ? "" : file);
  for (std::string line; std::getline(description, line);) read_line(line);
  return the_machine.init_error;
}

Return rsmi_shut_down() {
  return kSuccess;
}

Return rsmi_status_string(Return code, const char** text) {
  if (code == 3) *text = "A file could not be read";
  if (code == 6) *text = "An internal exception was caught";
  if (code == 8) *text = "An error occurred during initialization";
  return code == 3 || code == 6 || code == 8 ? kSuccess : 1;
}

Return rsmi_version_str_get(unsigned /*component*/, char* text, std::uint32_t size_bytes) {
  return copy_text(machine().driver, text, size_bytes);
}

Return rsmi_num_monitor_devices(std::uint32_t* count) {
  *count = static_cast<std::uint32_t>(machine().gpus.size());
  return machine().count_error;
}

Return rsmi_dev_node_id_get(std::uint32_t gpu, std::uint32_t* node) {
  if (machine().gpus.at(gpu).node < 0) return kNotSupported;
  *node = static_cast<std::uint32_t>(machine().gpus[gpu].node);
  return kSuccess;
}

Return rsmi_dev_name_get(std::uint32_t gpu, char* name, std::size_t size_bytes) {
  return copy_text(machine().gpus.at(gpu).name, name, size_bytes);
}

Return rsmi_dev_unique_id_get(std::uint32_t gpu, std::uint64_t* id) {
  *id = machine().gpus.at(gpu).unique_id;
  return *id == 0 ? kNotSupported : kSuccess;
}

Return rsmi_dev_pci_id_get(std::uint32_t gpu, std::uint64_t* place) {
  *place = machine().gpus.at(gpu).pci_id;
  return kSuccess;
}

Return rsmi_dev_memory_total_get(std::uint32_t gpu, unsigned /*type*/, std::uint64_t* bytes) {
  *bytes = machine().gpus.at(gpu).total_mib << 20;
  return static_cast<Return>(machine().gpus[gpu].memory_error);
}

Return rsmi_dev_memory_usage_get(std::uint32_t gpu, unsigned /*type*/, std::uint64_t* bytes) {
  *bytes = machine().gpus.at(gpu).used_mib << 20;
  return static_cast<Return>(machine().gpus[gpu].memory_error);
}

Return rsmi_dev_busy_percent_get(std::uint32_t gpu, std::uint32_t* percent) {
  if (machine().gpus.at(gpu).utilization < 0) return kNotSupported;
  *percent = static_cast<std::uint32_t>(machine().gpus[gpu].utilization);
  return kSuccess;
}
}
