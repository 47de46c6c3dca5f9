#include "common/out_of_memory.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

// The phrases are those in the binaries of LibTorch 2.11, its cuDNN 9 and NCCL.
TEST(OutOfMemory, IsSaidByEachLibrary) {
  for (const char* message :
       {"CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB",
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
        "CUDA driver error: CUDA_ERROR_OUT_OF_MEMORY",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
        "FIND was unable to find an engine to execute this computation",
        "GET was unable to find an engine to execute this computation",
        "ncclUnhandledCudaError: Call to CUDA function failed.\nCuda failure 2 'out of memory'",
        ("[enforce fail at alloc_cpu.cpp:124] data. DefaultCPUAllocator: can't allocate memory: "
         "you "
         "tried to allocate 8 bytes. Error code 12 (Cannot allocate memory)")}) {
    EXPECT_TRUE(says_out_of_memory(message)) << message;
  }
}

TEST(OutOfMemory, IsNotSaidByAnotherFailure) {
  for (const char* message :
       {"", "CUDA error: an illegal memory access was encountered",
        "CUDA error: too many resources requested for launch",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED",
        "CUDA error: uncorrectable ECC error encountered"}) {
    EXPECT_FALSE(says_out_of_memory(message)) << message;
  }
}

}  // namespace
}  // namespace dplaunch
