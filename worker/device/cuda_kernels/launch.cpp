#include "worker/device/cuda_kernels/launch.h"

#include <ATen/cuda/CUDAContext.h>
#include <cuda_runtime_api.h>

#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "worker/device/cuda_kernels/compile.h"

namespace dplaunch::cuda_kernels {
namespace {

void check(cudaError_t status, const std::string& what) {
  if (status == cudaSuccess) return;
  throw Error(ExitCode::kDevice, what + ": " + cudaGetErrorString(status),
              "fused_norm: off does without it");
}

/// Never unloaded: the process's end does that, and the runtime may be gone by then.
cudaLibrary_t load(const Variant& variant) {
  const cudaDeviceProp& device = *at::cuda::getDeviceProperties(0);
  const std::string architecture =
      "sm_" + std::to_string(device.major) + std::to_string(device.minor);
  const std::string code = compile_or_find(variant, architecture);
  cudaLibrary_t library = nullptr;
  check(cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
        "cannot load the kernels of norm.cu for " + architecture);
  return library;
}

/// Backward asks from another thread than forward.
class Kernels {
 public:
  cudaKernel_t find(const Variant& variant, const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = kernels_.try_emplace({variant, name}, nullptr);
    if (!is_new) return entry->second;
    const auto [library, is_library_new] = libraries_.try_emplace(variant, nullptr);
    if (is_library_new) library->second = load(variant);
    check(cudaLibraryGetKernel(&entry->second, library->second, name.c_str()), "no kernel " + name);
    return entry->second;
  }

 private:
  std::mutex mutex_;
  std::map<Variant, cudaLibrary_t> libraries_;
  std::map<std::pair<Variant, std::string>, cudaKernel_t> kernels_;
};

}  // namespace

void launch(const Variant& variant, const std::string& kernel, Size grid, Size block,
            void** arguments) {
  static Kernels kernels;
  const cudaKernel_t found = kernels.find(variant, kernel);
  check(cudaLaunchKernel(reinterpret_cast<const void*>(found), {grid.x, grid.y, 1},
                         {block.x, block.y, 1}, arguments, /*sharedMem=*/0,
                         at::cuda::getCurrentCUDAStream()),
        kernel);
}

}  // namespace dplaunch::cuda_kernels
