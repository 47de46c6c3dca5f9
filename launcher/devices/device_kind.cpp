#include "launcher/devices/device_kind.h"

#include <array>

#include "launcher/devices/nvml.h"
#include "launcher/devices/rocm_smi.h"

namespace dplaunch {
namespace {

// Numbers in a mask then mean the same GPUs as those of NVML and nvidia-smi.
constexpr std::array kCudaOrder = {FixedVariable{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"}};
// PyTorch's watchdog writes NCCL's flight record when a collective times out (ProcessGroupNCCL.hpp,
// FlightRecorder.hpp).
constexpr std::array kNcclVariables = {FixedVariable{"TORCH_NCCL_DUMP_ON_TIMEOUT", "1"}};

// 0x03 is a display or 3D controller. Most processors of AMD have a display controller (0x0300) in
// them, and so has every desktop's card: only the accelerators are sure to be meant for computing.
constexpr std::array kDisplays = {"0x03"};
constexpr std::array kAccelerators = {"0x0380", "0x12"};

constexpr DeviceKind kCpu{
    .name = "CPU",
    .worker = "dplaunch-worker-cpu",
    .worker_build_hint =
        "build it: cmake --preset dev && cmake --build --preset dev (it needs LibTorch; "
        "scripts/quickstart.sh does all of it); where pip installed dplaunch: pip install "
        "'dplaunch[trainer]' (docs/installing.md)",
};

constexpr std::array kGpuKinds = {
    DeviceKind{
        .name = "NVIDIA GPU",
        .vendor = "NVIDIA",
        .worker = "dplaunch-worker-cuda",
        .worker_build_hint =
            "build it with the option -DDPLAUNCH_BUILD_CUDA_WORKER=ON: cmake --preset dev "
            "-DDPLAUNCH_BUILD_CUDA_WORKER=ON && cmake --build --preset dev; where pip installed "
            "dplaunch: pip install 'dplaunch[trainer]' (docs/installing.md); or train on the CPU: "
            "--device cpu:2",
        .mask_variable = "CUDA_VISIBLE_DEVICES",
        .mask_takes_uuids = true,
        .order_variables = kCudaOrder,
        .collective_variables = kNcclVariables,
        .flight_record_variable = "TORCH_FR_DUMP_TEMP_FILE",
        .probe = probe_nvml,
        .probe_links = probe_nvml_links,
        .state_tool = "nvidia-smi",
        .numbers_of = "nvidia-smi",
        .kernel_log_tag = "xid",
        .reset_command = "nvidia-smi --gpu-reset -i",
        .driver_hint = "nvidia-smi must work first: install the NVIDIA driver; after an update of "
                       "it, reboot",
        .container_hint = "start the container with its GPUs (docker run --gpus all; on the host: "
                          "the NVIDIA Container Toolkit); nvidia-smi must work inside it",
        .pci_vendor = "0x10de",
        .pci_classes = kDisplays,
    },
    DeviceKind{
        .name = "AMD GPU",
        .vendor = "AMD",
        .worker_build_hint = "a command of your own runs on it: dplaunch -- python train.py; or "
                             "train on the CPU: --device cpu:2",
        .mask_variable = "HIP_VISIBLE_DEVICES",
        // HIP takes an empty list for none, and then obeys CUDA_VISIBLE_DEVICES.
        .empty_mask = "-1",
        .other_mask_variable = "CUDA_VISIBLE_DEVICES",
        .outer_mask_variable = "ROCR_VISIBLE_DEVICES",
        // PyTorch's process group is the same over RCCL, and so are its variables.
        .collective_variables = kNcclVariables,
        .flight_record_variable = "TORCH_FR_DUMP_TEMP_FILE",
        .probe = probe_rocm_smi,
        .state_tool = "rocm-smi",
        .numbers_of = "HIP (rocminfo's order; rocm-smi may have another)",
        .kernel_log_tag = "amdgpu",
        .driver_hint = "rocm-smi must work first: install ROCm, 6.1 or newer",
        .container_hint =
            "start the container with its GPUs (docker run --device /dev/kfd --device "
            "/dev/dri --group-add video); rocm-smi must work inside it",
        .pci_vendor = "0x1002",
        .pci_classes = kAccelerators,
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
