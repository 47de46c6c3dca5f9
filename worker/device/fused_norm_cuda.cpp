#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include "worker/device/cuda_kernels/launch.h"
#include "worker/device/fused_norm.h"

// Which kernels of cuda_kernels/norm.cu are started, over which grid, with which memory between
// them. No CUDA is named here: a test runs the same on the host.
namespace dplaunch::device {
namespace {

using cuda_kernels::Size;
using cuda_kernels::Variant;

constexpr unsigned kThreads = 256;  // as in norm.cu
constexpr int kVector = 8;
constexpr unsigned kMaxThreadsAcross = 32;
/// A thread's rows: fewer would make combining cost more than adding up.
constexpr std::int64_t kMinRows = 8;
/// Enough for every GPU to be busy, few enough to be combined quickly.
constexpr unsigned kMaxBlocks = 1024;

struct Layout {
  std::int64_t rows;
  int channels;
  Variant variant;
  Size grid, block;
};

Layout layout_of(const at::Tensor& x) {
  TORCH_CHECK(x.is_contiguous(at::MemoryFormat::ChannelsLast), "x has to be channels_last");
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16,
              "no fused BatchNorm for ", x.scalar_type(), " on a GPU");
  Layout layout{};
  layout.channels = static_cast<int>(x.size(1));
  layout.rows = x.numel() / x.size(1);
  layout.variant = {x.scalar_type() == at::kBFloat16, layout.channels % kVector == 0 ? kVector : 1};
  const auto across = static_cast<unsigned>(layout.channels / layout.variant.vector);
  layout.block.x = std::min(kMaxThreadsAcross, std::bit_ceil(across));
  layout.block.y = kThreads / layout.block.x;
  layout.grid.x = (across + layout.block.x - 1) / layout.block.x;
  const std::int64_t block_rows = layout.block.y * kMinRows;
  layout.grid.y = static_cast<unsigned>(std::clamp<std::int64_t>(
      (layout.rows + block_rows - 1) / block_rows, 1, std::max(1U, kMaxBlocks / layout.grid.x)));
  return layout;
}

/// The kernels load 16 bytes at once.
at::Tensor laid_out(const at::Tensor& tensor) {
  constexpr std::uintptr_t kAlignmentBytes = 16;
  if (!tensor.defined()) return tensor;
  const at::Tensor in_order = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  const auto address = reinterpret_cast<std::uintptr_t>(in_order.const_data_ptr());
  return address % kAlignmentBytes == 0 ? in_order : in_order.clone();
}

const void* data(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr() : nullptr;
}

void* mutable_data(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr() : nullptr;
}

/// The types of the arguments have to be those of the kernel.
template <typename... Arguments>
void start(const Layout& layout, Size grid, const std::string& kernel, Arguments... arguments) {
  void* pointers[] = {&arguments...};
  cuda_kernels::launch(layout.variant, kernel, grid, layout.block, pointers);
}

/// For kernels that combine what the parts of the rows have come to.
Size one_row(const Layout& layout) {
  return {layout.grid.x, 1};
}

int parts(const Layout& layout) {
  return static_cast<int>(layout.grid.y);
}

/// A value a channel and part.
at::Tensor partial(const Layout& layout, const at::Tensor& like) {
  return at::empty({parts(layout), layout.channels}, like.options());
}

at::Tensor apply(const Layout& layout, const NormCall& call, const at::Tensor& scale,
                 const at::Tensor& shift) {
  const at::Tensor addend = laid_out(call.addend);
  at::Tensor out = at::empty_like(call.x, at::MemoryFormat::ChannelsLast);
  start(layout, layout.grid, "norm_apply", data(call.x), data(addend), data(scale), data(shift),
        static_cast<int>(call.relu), static_cast<long long>(layout.rows), layout.channels,
        mutable_data(out));
  return out;
}

NormCall aligned(const NormCall& call) {
  NormCall tidy = call;
  tidy.x = laid_out(call.x);
  return tidy;
}

}  // namespace

bool is_norm_fused_by_default() {
  return false;
}

NormResult norm_training(const NormCall& given, const RunningStatistics& running) {
  const Layout layout = layout_of(given.x);
  const NormCall call = aligned(given);
  const at::Tensor means = partial(layout, call.weight);
  const at::Tensor squares = partial(layout, call.weight);
  const at::Tensor counts = at::empty({parts(layout)}, call.weight.options());
  start(layout, layout.grid, "norm_moments", data(call.x), static_cast<long long>(layout.rows),
        layout.channels, mutable_data(means), mutable_data(squares), mutable_data(counts));
  const auto of_channels = [&] { return at::empty({layout.channels}, call.weight.options()); };
  NormResult result{{}, of_channels(), of_channels(), of_channels(), of_channels()};
  start(layout, one_row(layout), "norm_finish", data(means), data(squares), data(counts),
        parts(layout), layout.channels, static_cast<float>(call.epsilon),
        static_cast<float>(running.momentum), data(call.weight), data(call.bias),
        mutable_data(result.mean), mutable_data(result.inv_std), mutable_data(result.scale),
        mutable_data(result.shift), mutable_data(running.mean), mutable_data(running.var));
  result.out = apply(layout, call, result.scale, result.shift);
  return result;
}

at::Tensor norm_evaluation(const NormCall& given, const RunningStatistics& running) {
  const Layout layout = layout_of(given.x);
  const at::Tensor scale = running.var.add(given.epsilon).rsqrt_().mul_(given.weight);
  const at::Tensor shift = given.bias.sub(running.mean.mul(scale));
  return apply(layout, aligned(given), scale, shift);
}

NormGradients norm_backward(const NormBackward& of) {
  const Layout layout = layout_of(of.x);
  const at::Tensor x = laid_out(of.x);
  const at::Tensor grad = laid_out(of.grad);
  const at::Tensor other = laid_out(of.other);
  // Written where computing it again would take more reading, and where it is a result.
  at::Tensor masked;
  if (of.other.defined() || (of.relu && of.has_addend)) {
    masked = at::empty_like(x, at::MemoryFormat::ChannelsLast);
  }
  const auto rows = static_cast<long long>(layout.rows);
  const at::Tensor sums = partial(layout, of.mean);
  const at::Tensor dots = partial(layout, of.mean);
  start(layout, layout.grid, "norm_gradient_sums", data(grad), data(other), data(x), data(of.out),
        static_cast<int>(of.relu), data(of.scale), data(of.shift), data(of.mean), rows,
        layout.channels, mutable_data(masked), mutable_data(sums), mutable_data(dots));
  NormGradients found{at::empty_like(x, at::MemoryFormat::ChannelsLast), at::empty_like(of.mean),
                      at::empty_like(of.mean), at::Tensor()};
  const at::Tensor grad_mean = at::empty_like(of.mean);
  const at::Tensor slope = at::empty_like(of.mean);
  start(layout, one_row(layout), "norm_gradient_finish", data(sums), data(dots), parts(layout),
        layout.channels, static_cast<float>(layout.rows), data(of.inv_std),
        mutable_data(found.weight), mutable_data(found.bias), mutable_data(grad_mean),
        mutable_data(slope));
  const bool is_masked = masked.defined();
  start(layout, layout.grid, "norm_gradient_apply", is_masked ? data(masked) : data(grad), data(x),
        static_cast<int>(of.relu && !is_masked), data(of.scale), data(of.shift), data(of.mean),
        data(grad_mean), data(slope), rows, layout.channels, mutable_data(found.x));
  if (of.has_addend) found.addend = is_masked ? masked : grad;
  return found;
}

}  // namespace dplaunch::device
