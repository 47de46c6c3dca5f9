#pragma once

#include <barrier>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "worker/device/cuda_kernels/launch.h"

/// What norm.cu needs of CUDA, on the host: the blocks of a kernel one after the other, each with
/// its threads at the same time, so that __syncthreads() and shared memory mean what they do on a
/// GPU. Include it in one source for each variant, then norm.cu.
// NOLINTBEGIN(bugprone-reserved-identifier): the names are CUDA's.
#define __device__ [[maybe_unused]] inline
#define __global__ static
#define __shared__ static

namespace {

struct Index {
  unsigned x = 0;
  unsigned y = 0;
};
thread_local Index threadIdx, blockIdx;
Index blockDim, gridDim;
std::barrier<>* block_barrier = nullptr;

void __syncthreads() {
  block_barrier->arrive_and_wait();
}
float __fmaf_rn(float a, float b, float c) {
  return std::fma(a, b, c);
}
float __uint_as_float(unsigned bits) {
  return std::bit_cast<float>(bits);
}
unsigned __float_as_uint(float value) {
  return std::bit_cast<unsigned>(value);
}

// NOLINTEND(bugprone-reserved-identifier)

template <typename Argument>
Argument argument(const void* at) {
  return *static_cast<const Argument*>(at);
}

template <typename... Arguments, std::size_t... kAt>
void call(void (*kernel)(Arguments...), void** arguments, std::index_sequence<kAt...>) {
  kernel(argument<Arguments>(arguments[kAt])...);
}

template <typename... Arguments>
void emulate(void (*kernel)(Arguments...), dplaunch::cuda_kernels::Size grid,
             dplaunch::cuda_kernels::Size block, void** arguments) {
  blockDim = {block.x, block.y};
  gridDim = {grid.x, grid.y};
  std::barrier<> barrier(static_cast<std::ptrdiff_t>(block.x) * block.y);
  block_barrier = &barrier;
  const auto run_thread = [&](unsigned x, unsigned y) {
    threadIdx = {x, y};
    for (unsigned i = 0; i < grid.x * grid.y; ++i) {
      blockIdx = {i % grid.x, i / grid.x};
      call(kernel, arguments, std::index_sequence_for<Arguments...>());
      __syncthreads();  // shared memory is the next block's
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < block.x * block.y; ++i) {
    threads.emplace_back(run_thread, i % block.x, i / block.x);
  }
}

}  // namespace
