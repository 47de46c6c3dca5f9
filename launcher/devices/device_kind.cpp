#include "launcher/devices/device_kind.h"

#include <array>

#include "launcher/devices/nvml.h"

namespace dplaunch {
namespace {

// Numbers in a mask then mean the same GPUs as those of NVML and nvidia-smi.
constexpr std::array kCudaOrder = {FixedVariable{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"}};
// PyTorch's watchdog writes NCCL's flight record when a collective times out (ProcessGroupNCCL.hpp,
// FlightRecorder.hpp).
constexpr std::array kNcclVariables = {FixedVariable{"TORCH_NCCL_DUMP_ON_TIMEOUT", "1"}};

constexpr DeviceKind kCpu{
    .name = "CPU",
    .worker = "dplaunch-worker-cpu",
    .worker_build_hint =
        "build it: cmake --preset dev && cmake --build --preset dev (it needs LibTorch; "
        "scripts/quickstart.sh does all of it)",
};

constexpr std::array kGpuKinds = {
    DeviceKind{
        .name = "NVIDIA GPU",
        .vendor = "NVIDIA",
        .worker = "dplaunch-worker-cuda",
        .worker_build_hint =
            "build it with the option -DDPLAUNCH_BUILD_CUDA_WORKER=ON: cmake --preset dev "
            "-DDPLAUNCH_BUILD_CUDA_WORKER=ON && cmake --build --preset dev; or train on the CPU: "
            "--device cpu:2",
        .mask_variable = "CUDA_VISIBLE_DEVICES",
        .order_variables = kCudaOrder,
        .collective_variables = kNcclVariables,
        .flight_record_variable = "TORCH_FR_DUMP_TEMP_FILE",
        .probe = probe_nvml,
        .probe_links = probe_nvml_links,
        .state_tool = "nvidia-smi",
        .kernel_log_tag = "xid",
        .reset_command = "nvidia-smi --gpu-reset -i",
        .driver_hint = "nvidia-smi must work first: install the NVIDIA driver; after an update of "
                       "it, reboot",
        .container_hint = "start the container with its GPUs (docker run --gpus all; on the host: "
                          "the NVIDIA Container Toolkit); nvidia-smi must work inside it",
        .pci_vendor = "0x10de",
    },
};

}  // namespace

const DeviceKind& cpu_kind() {
  return kCpu;
}

std::span<const DeviceKind> gpu_kinds() {
  return kGpuKinds;
}

}  // namespace dplaunch
