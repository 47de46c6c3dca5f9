#pragma once

#include <cstdint>
#include <string>

/// The kernels of norm.cu, started on the current stream of the GPU. A test has another
/// implementation, which computes them on the host.
namespace dplaunch::cuda_kernels {

/// What norm.cu is compiled for.
struct Variant {
  bool is_bf16;  ///< else fp32
  int vector;    ///< channels of a thread, 8 or 1
  auto operator<=>(const Variant&) const = default;
};

struct Size {
  unsigned x, y;
};

/// `arguments` points at each of the kernel's arguments. Throws Error(kDevice) if the kernels
/// cannot be compiled or started. Thread-safe.
void launch(const Variant& variant, const std::string& kernel, Size grid, Size block,
            void** arguments);

}  // namespace dplaunch::cuda_kernels
