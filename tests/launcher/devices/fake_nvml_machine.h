#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "launcher/devices/nvml_types.h"

/// The machine that the stand-in for NVML describes, as read from its text file.
namespace dplaunch::fake_nvml {

struct FakeDevice {
  std::string uuid, name;
  unsigned long long total_mib = 0, used_mib = 0;
  int utilization = -1;
  int error = 0;
  bool mig_mode = false;
  bool no_processes = false;
  int power_usage_mw = -1, power_limit_mw = -1;
  int temperature = -1;
  long long clocks_event_reasons = -1;
  unsigned index = 0;
  std::vector<nvml::ProcessInfo> processes, graphics;
  std::deque<FakeDevice> instances;
  std::vector<int> nvlinks;  ///< the GPU at the other end of each link; -1 = a switch
};

struct FakeMachine {
  std::string driver = "550.54.14";
  int init_error = 0;
  std::deque<FakeDevice> gpus;
  std::map<std::pair<unsigned, unsigned>, unsigned> levels;
};

/// Valid from nvmlInit_v2 on.
const FakeMachine& machine();

const FakeDevice& as_device(nvml::Device device);

nvml::Return copy_text(const std::string& text, char* buffer, unsigned size_bytes);

std::string pci_bus_id(unsigned index);

}  // namespace dplaunch::fake_nvml
