#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "launcher/devices/select_devices.h"

namespace dplaunch::testing {

inline constexpr char kIdle3090[] =
    "gpu GPU-3090aaaa-0000-0000-0000-000000000000 24576 300 0 NVIDIA GeForce RTX 3090\n";
inline constexpr char kBusy3090[] =
    "gpu GPU-3090bbbb-0000-0000-0000-000000000000 24576 8192 99 NVIDIA GeForce RTX 3090\n"
    "process 4711 7800\n";
inline const std::string kIdleAndBusy = std::string(kIdle3090) + kBusy3090;
inline constexpr char kLostGpu[] = "gpu GPU-lost 0 0 0 lost\nerror 15\n";
/// An H100 split in two, as `nvidia-smi -L` names the instances.
inline constexpr char kSplitH100[] =
    "gpu GPU-cccc 81920 0 -1 NVIDIA H100 80GB HBM3\n"
    "mig MIG-11111111-aaaa 20480 0 NVIDIA H100 80GB HBM3 MIG 2g.20gb\n"
    "mig MIG-22222222-bbbb 40960 0 NVIDIA H100 80GB HBM3 MIG 3g.40gb\n";

inline std::string idle_gpus(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "gpu GPU-a100000" + std::to_string(i) + "-0000 81920 10 0 NVIDIA A100-SXM4-80GB\n";
  }
  return text;
}

/// Makes the fake driver library describe this machine, for this process and its children.
inline void install_machine(const std::string& description,
                            const char* library = FAKE_NVML_LIBRARY) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("dplaunch-fake-nvml-" + std::to_string(::getpid()) + ".txt");
  std::ofstream(file) << description;
  ::setenv("DPLAUNCH_FAKE_NVML", file.c_str(), 1);
  ::setenv("DPLAUNCH_NVML_LIBRARY", library, 1);
}

/// That machine as the real probing code sees it.
inline MachineDevices machine(const std::string& description,
                              std::optional<std::string> visible_devices = std::nullopt,
                              int usable_cores = 16) {
  install_machine(description);
  return {probe_gpus(), std::move(visible_devices), usable_cores};
}

}  // namespace dplaunch::testing
