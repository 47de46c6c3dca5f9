#include "worker/distributed/distributed_data_parallel.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/fnv1a.h"
#include "common/gradient_times_file.h"
#include "worker/distributed/compressed_all_reduce.h"

namespace dplaunch {
namespace {

/// Buckets in the order in which backward fills them: from the last parameter to the first.
std::vector<std::vector<size_t>> backward_buckets(const std::vector<at::Tensor>& parameters,
                                                  std::int64_t bucket_bytes) {
  const std::vector<size_t> limits = {
      static_cast<size_t>(std::min(kFirstBucketBytes, bucket_bytes)),
      static_cast<size_t>(bucket_bytes)};
  auto buckets = std::get<0>(c10d::compute_bucket_assignment_by_size(parameters, limits));
  std::reverse(buckets.begin(), buckets.end());
  return buckets;
}

std::unique_ptr<c10d::Reducer> make_reducer(const std::vector<at::Tensor>& parameters,
                                            const std::vector<std::string>& names,
                                            const c10::intrusive_ptr<c10d::ProcessGroup>& group,
                                            std::int64_t bucket_bytes) {
  std::unordered_map<size_t, std::string> names_by_index;
  for (size_t i = 0; i < names.size(); ++i) names_by_index[i] = names[i];
  return std::make_unique<c10d::Reducer>(
      parameters, backward_buckets(parameters, bucket_bytes), group,
      /*expect_sparse_gradients=*/std::vector<bool>(parameters.size(), false), bucket_bytes,
      /*find_unused_parameters=*/false, /*gradient_as_bucket_view=*/true, names_by_index,
      std::min(kFirstBucketBytes, bucket_bytes), /*skip_all_reduce_unused_params=*/false,
      /*use_python_reducer=*/false, /*bucket_bytes_cap_list=*/std::vector<std::int64_t>{});
}

std::vector<at::Tensor> floating_buffers(ResNet& model) {
  std::vector<at::Tensor> buffers;
  for (const at::Tensor& buffer : model->buffers()) {
    if (buffer.is_floating_point()) buffers.push_back(buffer);
  }
  return buffers;
}

at::Tensor flattened(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.flatten());
  return at::cat(flat);
}

}  // namespace

DistributedDataParallel::DistributedDataParallel(ResNet model, ProcessGroup& group,
                                                 const Options& options)
    : model_(std::move(model)), group_(group), options_(options) {
  for (const auto& item : model_->named_parameters()) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
  }
  for (const at::Tensor& parameter : parameters_) {
    at::Tensor values = parameter.detach();
    group_.broadcast_from_rank_0(values);
  }
  for (at::Tensor buffer : model_->buffers()) group_.broadcast_from_rank_0(buffer);
  renew_reducer();
}

DistributedDataParallel::~DistributedDataParallel() = default;

at::Tensor DistributedDataParallel::forward(const at::Tensor& images) {
  if (!reducer_) return model_->forward(images);
  // Does something once only: after the first backward, in the order in which gradients came.
  reducer_->rebuild_buckets();
  reducer_->prepare_for_forward();
  at::Tensor logits = model_->forward(images);
  reducer_->prepare_for_backward({});
  return logits;
}

at::Tensor DistributedDataParallel::forward_unsynchronised(const at::Tensor& images) {
  // The reducer's hooks do nothing in a backward() that it was not prepared for.
  return model_->forward(images);
}

void DistributedDataParallel::renew_reducer() {
  zero_grad();
  // One process has nothing to average: without the reducer autograd's own gradients stay.
  if (!group_.c10d_group()) return;
  reducer_.reset();  // Its hooks on the parameters go before others come.
  reducer_ = make_reducer(parameters_, names_, group_.c10d_group(), options_.bucket_bytes);
  if (options_.compress_bf16) {
    reducer_->register_comm_hook(std::make_unique<Bf16AllReduce>(group_.c10d_group()));
  }
}

void DistributedDataParallel::on_last_gradient(const std::function<void()>& on_gradient) {
  model_->named_parameters()["conv1.weight"].register_hook(
      [on_gradient](const at::Tensor&) { on_gradient(); });
}

void DistributedDataParallel::on_each_gradient(
    const std::function<void(std::size_t parameter, std::int64_t bytes)>& on_gradient) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto bytes = static_cast<std::int64_t>(parameters_[i].nbytes());
    parameters_[i].register_hook(
        [on_gradient, i, bytes](const at::Tensor&) { on_gradient(i, bytes); });
  }
}

std::vector<std::int64_t> DistributedDataParallel::bucket_bytes() {
  if (!reducer_) return {};
  reducer_->rebuild_buckets();
  std::vector<std::int64_t> bytes;
  for (const c10d::GradBucket& bucket : reducer_->get_grad_buckets()) {
    bytes.push_back(static_cast<std::int64_t>(bucket.getBuffer().nbytes()));
  }
  return bytes;
}

std::vector<at::Tensor> DistributedDataParallel::gradients() const {
  std::vector<at::Tensor> gradients;
  gradients.reserve(parameters_.size());
  for (const at::Tensor& parameter : parameters_) gradients.push_back(parameter.grad());
  return gradients;
}

void DistributedDataParallel::zero_grad() {
  // Undefined, not zeroed: the reducer then writes each scaled gradient into its bucket once,
  // where a zeroed view costs a fill, an addition and a scaling.
  for (const at::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

void DistributedDataParallel::average_buffers() {
  const std::vector<at::Tensor> buffers = floating_buffers(model_);
  if (buffers.empty() || group_.size() == 1) return;
  const at::NoGradGuard no_grad;
  at::Tensor all = flattened(buffers);
  group_.all_reduce_sum(all);
  set_buffers(all.div_(group_.size()));
}

at::Tensor DistributedDataParallel::buffers() {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> buffers = floating_buffers(model_);
  return buffers.empty() ? at::Tensor() : flattened(buffers);
}

at::Tensor DistributedDataParallel::buffers_of_all_ranks() {
  const at::NoGradGuard no_grad;
  const at::Tensor mine = buffers();
  // The sum of rows that are zero but for one is that one, bit for bit.
  at::Tensor rows = at::zeros({group_.size(), mine.numel()}, mine.options());
  rows[group_.rank()].copy_(mine);
  group_.all_reduce_sum(rows);
  return rows.cpu();
}

std::int64_t DistributedDataParallel::buffer_values() {
  std::int64_t values = 0;
  for (const at::Tensor& buffer : floating_buffers(model_)) values += buffer.numel();
  return values;
}

void DistributedDataParallel::set_buffers(const at::Tensor& row) {
  const at::NoGradGuard no_grad;
  std::int64_t offset = 0;
  for (const at::Tensor& buffer : floating_buffers(model_)) {
    buffer.copy_(row.narrow(0, offset, buffer.numel()).view_as(buffer));
    offset += buffer.numel();
  }
}

std::uint64_t DistributedDataParallel::check_replicas_equal() {
  const std::uint64_t digest = parameter_digest(parameters_);
  const auto digests =
      group_.all_gather(static_cast<std::int64_t>(digest), parameters_.front().device());
  for (size_t rank = 1; rank < digests.size(); ++rank) {
    if (digests[rank] == digests[0]) continue;
    throw Error(
        ExitCode::kFailure,
        "replicas diverged: rank " + std::to_string(rank) + "'s parameters differ from rank 0's",
        "a rank computed other updates from the same gradients (faulty memory, or another "
        "kind of device or library); resume from the last checkpoint on equal hardware");
  }
  return digest;
}

std::uint64_t parameter_digest(const std::vector<at::Tensor>& parameters) {
  std::uint64_t hash = kFnv1aBasis;
  for (const at::Tensor& parameter : parameters) {
    const at::Tensor values =
        parameter.detach().to(at::kCPU, at::kFloat).contiguous(at::MemoryFormat::Contiguous);
    hash = fnv1a(values.const_data_ptr(), values.nbytes(), hash);
  }
  return hash;
}

}  // namespace dplaunch
