#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

/// The arithmetic of BatchNorm, an addition and ReLU in one, over some rows of a tensor of
/// [rows, channels] (channels_last: a row is a pixel). Each channel's operations are the same, in
/// the same order, whatever the instruction set, so the results are equal bit for bit. Sources that
/// are compiled for an instruction set include this and nothing that has inline functions: a linker
/// keeps one copy of such a function, and takes it to processors that cannot run it.
namespace dplaunch::cpu_kernels {

struct Bfloat16 {
  std::uint16_t bits;
};

/// What is computed in.
template <typename T>
using ValueOf = std::conditional_t<std::is_same_v<T, double>, double, float>;

struct Rows {
  std::size_t rows;
  std::size_t channels;
};

/// What reaches an output of y = relu(x * scale + shift + addend).
template <typename T>
struct Gradient {
  enum class Mask {
    kNone,    ///< there was no ReLU, or it is done
    kInput,   ///< without an addend: whether y > 0 follows from x
    kOutput,  ///< y itself is at hand
  };
  const T* grad;
  const T* other;  ///< to be added to `grad`; nullptr = none
  Mask mask;
  const T* x;
  const T* out;  ///< only for Mask::kOutput
  const ValueOf<T>* scale;
  const ValueOf<T>* shift;
  const ValueOf<T>* mean;
};

/// Of one instruction set. `T` is float, double or Bfloat16; arrays of ValueOf<T> hold a value a
/// channel. Pointers need no alignment. NaN passes ReLU in both directions, as in PyTorch.
template <typename T>
struct NormKernels {
  using Value = ValueOf<T>;
  /// The mean of each channel, and the sum of squares of the differences from it.
  void (*moments)(const T* x, Rows size, Value* mean, Value* squares);
  /// out = relu(x * scale + shift + addend), without addend or ReLU where they are not wanted.
  void (*apply)(const T* x, const T* addend, const Value* scale, const Value* shift, bool relu,
                Rows size, T* out);
  /// Sums over the rows of g, the gradient behind ReLU, and of g * (x - mean). Writes g to `masked`
  /// unless that is nullptr.
  void (*gradient_sums)(const Gradient<T>& gradient, Rows size, T* masked, Value* sum, Value* dot);
  /// grad_x = (g - grad_mean - (x - mean) * slope) * scale.
  void (*gradient_apply)(const Gradient<T>& gradient, const Value* grad_mean, const Value* slope,
                         Rows size, T* grad_x);
};

/// Those of every element type.
struct NormKernelSet {
  NormKernels<float> of_float;
  NormKernels<double> of_double;
  NormKernels<Bfloat16> of_bfloat16;

  template <typename T>
  const NormKernels<T>& of() const {
    if constexpr (std::is_same_v<T, float>) {
      return of_float;
    } else if constexpr (std::is_same_v<T, double>) {
      return of_double;
    } else {
      return of_bfloat16;
    }
  }
};

/// The kernels of the widest instruction set that ATen would use on this processor
/// (ATEN_CPU_CAPABILITY lowers it).
const NormKernelSet& norm_kernels();

/// One of each object file.
NormKernelSet norm_kernels_baseline();
NormKernelSet norm_kernels_avx2();
NormKernelSet norm_kernels_avx512();

}  // namespace dplaunch::cpu_kernels
