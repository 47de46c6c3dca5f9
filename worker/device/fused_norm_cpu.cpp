#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/device/cpu_kernels/norm_kernels.h"
#include "worker/device/cpu_kernels/row_blocks.h"
#include "worker/device/fused_norm.h"

namespace dplaunch::device {
namespace {

using cpu_kernels::Bfloat16;
using cpu_kernels::Gradient;
using cpu_kernels::Moments;
using cpu_kernels::norm_kernels;
using cpu_kernels::Partial;
using cpu_kernels::RowBlocks;
using cpu_kernels::ValueOf;

RowBlocks blocks_of(const at::Tensor& x) {
  const auto channels = static_cast<std::size_t>(x.size(1));
  const auto elements = static_cast<std::size_t>(x.numel());
  return {channels == 0 ? 0 : elements / channels, channels,
          static_cast<std::size_t>(x.element_size())};
}

at::Tensor like(const at::Tensor& x) {
  return at::empty_like(x, at::MemoryFormat::ChannelsLast);
}

template <typename T>
const T* data(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<const T*>(tensor.const_data_ptr()) : nullptr;
}

template <typename T>
T* mutable_data(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.mutable_data_ptr()) : nullptr;
}

template <typename T>
const T* advanced(const T* pointer, std::size_t elements) {
  return pointer == nullptr ? nullptr : pointer + elements;
}

/// y = x * scale + shift, where nothing is added.
struct Affine {
  at::Tensor scale, shift;
};

template <typename Value>
Affine affine(const NormCall& call, const at::Tensor& mean, const at::Tensor& inv_std) {
  const Affine of{at::empty_like(mean), at::empty_like(mean)};
  for (std::int64_t c = 0; c < mean.numel(); ++c) {
    const Value scale = data<Value>(inv_std)[c] * data<Value>(call.weight)[c];
    mutable_data<Value>(of.scale)[c] = scale;
    mutable_data<Value>(of.shift)[c] = data<Value>(call.bias)[c] - data<Value>(mean)[c] * scale;
  }
  return of;
}

template <typename T>
at::Tensor apply(const NormCall& call, const RowBlocks& blocks, const Affine& affine) {
  using Value = ValueOf<T>;
  at::Tensor out = like(call.x);
  blocks.for_each_backwards([&](std::size_t block) {
    const std::size_t first = blocks.first_element(block);
    norm_kernels().of<T>().apply(data<T>(call.x) + first, advanced(data<T>(call.addend), first),
                                 data<Value>(affine.scale), data<Value>(affine.shift), call.relu,
                                 blocks.size(block), mutable_data<T>(out) + first);
  });
  return out;
}

template <typename Value>
Value inv_std_of(double var, double epsilon) {
  return static_cast<Value>(1 / std::sqrt(var + epsilon));
}

template <typename Value>
void update(const RunningStatistics& running, const Moments& moments, double rows) {
  const auto momentum = static_cast<Value>(running.momentum);
  const auto move = [&](Value& value, double to) {
    value = momentum * static_cast<Value>(to) + (1 - momentum) * value;
  };
  for (std::size_t c = 0; c < moments.mean.size(); ++c) {
    move(mutable_data<Value>(running.mean)[c], moments.mean[c]);
    move(mutable_data<Value>(running.var)[c], moments.squares[c] / (rows - 1));
  }
}

template <typename T>
NormResult training(const NormCall& call, const RunningStatistics& running) {
  using Value = ValueOf<T>;
  const RowBlocks blocks = blocks_of(call.x);
  const Partial<Value> partial(blocks);
  blocks.for_each([&](std::size_t block) {
    const std::size_t at = block * blocks.channels();
    norm_kernels().of<T>().moments(data<T>(call.x) + blocks.first_element(block),
                                   blocks.size(block), partial.first.get() + at,
                                   partial.second.get() + at);
  });
  const Moments moments = combine_moments(partial, blocks);
  const auto rows = static_cast<double>(blocks.rows());
  update<Value>(running, moments, rows);
  const at::Tensor mean = at::empty({call.x.size(1)}, call.weight.options());
  const at::Tensor inv_std = at::empty_like(mean);
  for (std::size_t c = 0; c < blocks.channels(); ++c) {
    mutable_data<Value>(mean)[c] = static_cast<Value>(moments.mean[c]);
    mutable_data<Value>(inv_std)[c] = inv_std_of<Value>(moments.squares[c] / rows, call.epsilon);
  }
  const Affine of = affine<Value>(call, mean, inv_std);
  return {apply<T>(call, blocks, of), mean, inv_std, of.scale, of.shift};
}

template <typename T>
at::Tensor evaluation(const NormCall& call, const RunningStatistics& running) {
  using Value = ValueOf<T>;
  const at::Tensor inv_std = at::empty_like(running.var);
  for (std::int64_t c = 0; c < inv_std.numel(); ++c) {
    mutable_data<Value>(inv_std)[c] =
        inv_std_of<Value>(static_cast<double>(data<Value>(running.var)[c]), call.epsilon);
  }
  return apply<T>(call, blocks_of(call.x), affine<Value>(call, running.mean, inv_std));
}

template <typename T>
Gradient<T> part_of(Gradient<T> whole, std::size_t first) {
  whole.grad += first;
  whole.x += first;
  whole.other = advanced(whole.other, first);
  whole.out = advanced(whole.out, first);
  return whole;
}

/// What is subtracted of the gradient, because mean and variance depend on x.
template <typename Value>
struct Correction {
  std::vector<Value> grad_mean, slope;
};

template <typename Value>
Correction<Value> correction(const std::vector<double>& sum, const std::vector<double>& dot,
                             const at::Tensor& inv_std, double rows) {
  Correction<Value> of{std::vector<Value>(sum.size()), std::vector<Value>(sum.size())};
  for (std::size_t c = 0; c < sum.size(); ++c) {
    const auto scale = static_cast<double>(data<Value>(inv_std)[c]);
    of.grad_mean[c] = static_cast<Value>(sum[c] / rows);
    of.slope[c] = static_cast<Value>(dot[c] * scale * scale / rows);
  }
  return of;
}

template <typename T>
Gradient<T> gradient_of(const NormBackward& of) {
  using Value = ValueOf<T>;
  using Mask = typename Gradient<T>::Mask;
  const Mask with_relu = of.has_addend ? Mask::kOutput : Mask::kInput;
  return {data<T>(of.grad),      data<T>(of.other),   of.relu ? with_relu : Mask::kNone,
          data<T>(of.x),         data<T>(of.out),     data<Value>(of.scale),
          data<Value>(of.shift), data<Value>(of.mean)};
}

/// Sums over the rows, of the gradient behind ReLU and of its product with x - mean.
struct GradientSums {
  std::vector<double> sum, dot;
};

/// Writes the gradient behind ReLU to `masked`, if that is defined.
template <typename T>
GradientSums gradient_sums(const Gradient<T>& gradient, const RowBlocks& blocks,
                           const at::Tensor& masked) {
  const Partial<ValueOf<T>> partial(blocks);
  blocks.for_each([&](std::size_t block) {
    const std::size_t first = blocks.first_element(block);
    const std::size_t at = block * blocks.channels();
    norm_kernels().of<T>().gradient_sums(
        part_of(gradient, first), blocks.size(block),
        masked.defined() ? mutable_data<T>(masked) + first : nullptr, partial.first.get() + at,
        partial.second.get() + at);
  });
  return {sum_over_blocks(partial.first.get(), blocks),
          sum_over_blocks(partial.second.get(), blocks)};
}

/// `to` may be what the gradient is read from.
template <typename T>
void write_gradient_of_x(const Gradient<T>& gradient, const GradientSums& sums,
                         const RowBlocks& blocks, const NormBackward& of, const at::Tensor& to) {
  const auto minus =
      correction<ValueOf<T>>(sums.sum, sums.dot, of.inv_std, static_cast<double>(blocks.rows()));
  blocks.for_each_backwards([&](std::size_t block) {
    const std::size_t first = blocks.first_element(block);
    norm_kernels().of<T>().gradient_apply(part_of(gradient, first), minus.grad_mean.data(),
                                          minus.slope.data(), blocks.size(block),
                                          mutable_data<T>(to) + first);
  });
}

template <typename T>
NormGradients backward(const NormBackward& of) {
  using Value = ValueOf<T>;
  const RowBlocks blocks = blocks_of(of.x);
  Gradient<T> gradient = gradient_of<T>(of);
  // The gradient behind ReLU is written where computing it again would take more reading, and where
  // it is a result.
  at::Tensor masked;
  if (of.other.defined() || (of.relu && of.has_addend)) {
    masked = of.may_overwrite_grad ? of.grad : like(of.x);
  }
  const GradientSums sums = gradient_sums(gradient, blocks, masked);
  if (masked.defined()) {
    gradient.grad = data<T>(masked);
    gradient.other = nullptr;
    gradient.mask = Gradient<T>::Mask::kNone;
  }
  const at::Tensor& behind_relu = masked.defined() ? masked : of.grad;
  const bool is_spare = !of.has_addend && (masked.defined() || of.may_overwrite_grad);
  NormGradients found{is_spare ? behind_relu : like(of.x), at::empty_like(of.mean),
                      at::empty_like(of.mean), at::Tensor()};
  write_gradient_of_x(gradient, sums, blocks, of, found.x);
  for (std::size_t c = 0; c < blocks.channels(); ++c) {
    const auto inv_std = static_cast<double>(data<Value>(of.inv_std)[c]);
    mutable_data<Value>(found.weight)[c] = static_cast<Value>(sums.dot[c] * inv_std);
    mutable_data<Value>(found.bias)[c] = static_cast<Value>(sums.sum[c]);
  }
  if (of.has_addend) found.addend = behind_relu;
  return found;
}

/// work(T{}) for the element type of x.
template <typename Work>
auto for_type_of(const at::Tensor& x, const Work& work) {
  TORCH_CHECK(x.is_contiguous(at::MemoryFormat::ChannelsLast), "x has to be channels_last");
  switch (x.scalar_type()) {
    case at::kFloat:
      return work(float{});
    case at::kDouble:
      return work(double{});
    case at::kBFloat16:
      return work(Bfloat16{});
    default:
      TORCH_CHECK(false, "no fused BatchNorm for ", x.scalar_type());
  }
}

at::Tensor laid_out(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.contiguous(at::MemoryFormat::ChannelsLast) : tensor;
}

}  // namespace

bool is_norm_fused_by_default() {
  return true;
}

NormResult norm_training(const NormCall& call, const RunningStatistics& running) {
  NormCall tidy = call;
  tidy.addend = laid_out(call.addend);
  return for_type_of(call.x, [&](auto type) { return training<decltype(type)>(tidy, running); });
}

at::Tensor norm_evaluation(const NormCall& call, const RunningStatistics& running) {
  NormCall tidy = call;
  tidy.addend = laid_out(call.addend);
  return for_type_of(call.x, [&](auto type) { return evaluation<decltype(type)>(tidy, running); });
}

NormGradients norm_backward(const NormBackward& of) {
  NormBackward tidy = of;
  tidy.grad = laid_out(of.grad);
  tidy.other = laid_out(of.other);
  return for_type_of(of.x, [&](auto type) { return backward<decltype(type)>(tidy); });
}

}  // namespace dplaunch::device
