#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "launcher/devices/machine_devices.h"

namespace dplaunch::testing {

/// Four MI300X. The library lists them by their PCI bus, the compute driver, and HIP with it, in
/// another order: HIP's 0 to 3 are the library's 2, 3, 0 and 1. The third, HIP's 0, is busy.
inline constexpr char kFourMi300x[] =
    "gpu b1 196288 300 0 0x74a1\nnode 4\npci 500\nmarket AMD Instinct MI300X\n"
    "gpu b2 196288 300 0 0x74a1\nnode 5\npci 2600\nmarket AMD Instinct MI300X\n"
    "gpu c1f2e3d4a5b69788 196288 98000 97 0x74a1\nnode 2\npci 100008500\n"
    "market AMD Instinct MI300X\npower 612345 750000\njunction 71\n"
    "gpu b4 196288 300 0 0x74a1\nnode 3\npci a600\nmarket AMD Instinct MI300X\n"
    "process 4711 97000 2\n";

/// An AMD machine for this process and its children, as long as it lives: no NVIDIA driver, and no
/// mask.
class AmdMachine {
 public:
  explicit AmdMachine(const std::string& description, const char* library = FAKE_ROCM_SMI_LIBRARY)
      : file_(std::filesystem::temp_directory_path() /
              ("dplaunch-fake-rocm-smi-" + std::to_string(::getpid()) + ".txt")) {
    std::ofstream(file_) << description;
    unset_masks();
    ::setenv("DPLAUNCH_FAKE_ROCM_SMI", file_.c_str(), 1);
    ::setenv("DPLAUNCH_ROCM_SMI_LIBRARY", library, 1);
    ::setenv("DPLAUNCH_NVML_LIBRARY", "libno-such-nvml.so.1", 1);
  }
  ~AmdMachine() {
    unset_masks();
    for (const char* name :
         {"DPLAUNCH_FAKE_ROCM_SMI", "DPLAUNCH_ROCM_SMI_LIBRARY", "DPLAUNCH_NVML_LIBRARY"}) {
      ::unsetenv(name);
    }
    std::filesystem::remove(file_);
  }
  AmdMachine(const AmdMachine&) = delete;
  AmdMachine& operator=(const AmdMachine&) = delete;

 private:
  static void unset_masks() {
    for (const char* name :
         {"ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"}) {
      ::unsetenv(name);
    }
  }

  std::filesystem::path file_;
};

}  // namespace dplaunch::testing
