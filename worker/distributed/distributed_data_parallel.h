#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/distributed/process_group.h"
#include "worker/model/resnet.h"

namespace c10d {
class Reducer;
}

namespace dplaunch {

/// A model whose gradients are averaged over the ranks while backward still runs: parameters are
/// grouped into buckets in the order in which backward reaches them, and each bucket's all-reduce
/// starts as soon as its last gradient is there (c10d::Reducer, the engine inside PyTorch's DDP).
///
/// All ranks start from rank 0's parameters and buffers. Every parameter must take part in every
/// step. When backward() returns, each `grad()` is the mean over the ranks. One process without
/// a group has no reducer: nothing is copied, and nothing compressed. Not thread-safe.
class DistributedDataParallel {
 public:
  struct Options {
    std::int64_t bucket_bytes = 0;
    bool compress_bf16 = false;  ///< gradients travel as bf16
  };
  DistributedDataParallel(ResNet model, ProcessGroup& group, const Options& options);
  ~DistributedDataParallel();
  DistributedDataParallel(const DistributedDataParallel&) = delete;
  DistributedDataParallel& operator=(const DistributedDataParallel&) = delete;

  /// Logits [n, classes] of images [n, 3, 32, 32]; the next backward() will be synchronised.
  at::Tensor forward(const at::Tensor& images);
  /// The same, but the next backward() only adds to this rank's gradients; those of a synchronised
  /// one that follows are averaged with them.
  at::Tensor forward_unsynchronised(const at::Tensor& images);
  /// Calls `on_gradient` in each backward() when the gradient that needs all the others' computing,
  /// that of the first convolution, is there: the end of backward's computing.
  void on_last_gradient(const std::function<void()>& on_gradient);
  /// Calls `on_gradient` in each backward() when a gradient is there, with its parameter's place
  /// and its bytes; before the reducer has it.
  void on_each_gradient(
      const std::function<void(std::size_t parameter, std::int64_t bytes)>& on_gradient);
  /// Forgets a step that was broken off, as if none had been; the buckets are laid anew.
  void renew_reducer();
  /// The buckets that are all-reduced from the next step on, in the order of their all-reduces: how
  /// many bytes each has. Empty if this process is the only one. Call it on all ranks.
  std::vector<std::int64_t> bucket_bytes();
  /// All gradients as they stand after backward().
  std::vector<at::Tensor> gradients() const;
  /// Makes all gradients undefined, before the next backward().
  void zero_grad();
  /// BatchNorm's running statistics become their mean over the ranks (each rank has seen other
  /// images). Call it on all ranks before evaluation and before a checkpoint.
  void average_buffers();
  /// A copy of this rank's running statistics as one row; undefined for a model without.
  at::Tensor buffers();
  /// Each rank's running statistics as one row, [ranks, values] fp32 on the CPU. Call it on all
  /// ranks.
  at::Tensor buffers_of_all_ranks();
  /// How many values one row has; 0 for a model without running statistics.
  std::int64_t buffer_values();
  /// Sets this rank's running statistics from its row.
  void set_buffers(const at::Tensor& row);
  /// Throws Error(kFailure) naming a rank whose parameters are not bit for bit rank 0's.
  /// Returns the digest of the parameters (see parameter_digest).
  std::uint64_t check_replicas_equal();

  ResNet& model() { return model_; }

 private:
  ResNet model_;
  ProcessGroup& group_;
  Options options_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::unique_ptr<c10d::Reducer> reducer_;  ///< null without a group
};

/// fnv1a() over the bytes of all parameters as contiguous fp32 [out, in, h, w], in model order:
/// equal digests on all ranks mean equal replicas.
std::uint64_t parameter_digest(const std::vector<at::Tensor>& parameters);

}  // namespace dplaunch
