#include "common/out_of_memory.h"

#include <algorithm>
#include <array>

namespace dplaunch {
namespace {

// As in lost_peer.cpp, the texts are all there is: only LibTorch's own allocator has an exception.
constexpr std::array<std::string_view, 9> kMemoryPhrases = {
    "out of memory",          // LibTorch's allocator, CUDA (loading a kernel too), NCCL
    "can't allocate memory",  // LibTorch on the CPU
    "CUDA_ERROR_OUT_OF_MEMORY",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUSOLVER_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",                             // before cuDNN 9
    "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",  // since
    "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
    "was unable to find an engine to execute this computation",  // LibTorch, of cuDNN
};

}  // namespace

bool says_out_of_memory(std::string_view message) {
  return std::ranges::any_of(kMemoryPhrases, [&](std::string_view phrase) {
    return message.find(phrase) != std::string_view::npos;
  });
}

}  // namespace dplaunch
