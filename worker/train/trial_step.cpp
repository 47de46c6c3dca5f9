#include "worker/train/trial_step.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <optional>

#include "common/data_set.h"
#include "worker/device/device.h"
#include "worker/train/autocast.h"
#include "worker/train/batch_parts.h"

namespace dplaunch {

TrialStep::TrialStep(const Config& config, DistributedDataParallel& model, at::Device device)
    : model_(model),
      device_(device),
      precision_(device::configure_precision(config)),
      format_(memory_format(config)) {
  for (const at::Tensor& buffer : model_.model()->buffers()) statistics_.push_back(buffer.clone());
}

TrialStep::~TrialStep() {
  const at::NoGradGuard no_grad;
  model_.zero_grad();
  const std::vector<at::Tensor> buffers = model_.model()->buffers();
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].copy_(statistics_[i]);
}

// The sum of the logits is loss enough: it has a gradient for every parameter.

void TrialStep::run(std::int64_t images) {
  std::optional<device::NoKernelSearch> guesses;
  if (images > kMaxSearched) guesses.emplace();
  const Autocast autocast(device_.type(), precision_);
  model_.forward_unsynchronised(batch(images)).to(at::kFloat).sum().backward();
  device::synchronize();
}

void TrialStep::run_synchronised(std::int64_t images) {
  const Autocast autocast(device_.type(), precision_);
  model_.forward(batch(images)).to(at::kFloat).sum().backward();
  device::synchronize();
}

at::Tensor TrialStep::batch(std::int64_t images) const {
  return at::zeros({images, cifar100::kChannels, cifar100::kSide, cifar100::kSide},
                   at::TensorOptions().dtype(at::kFloat).device(device_))
      .contiguous(format_);
}

void rebuild_buckets(const Config& config, DistributedDataParallel& model, at::Device device) {
  // The order of the gradients does not depend on the images. A GPU takes as many as in training:
  // for another shape cuDNN would look for its fastest kernels in vain.
  constexpr std::int64_t kFewImages = 2;
  const std::int64_t images =
      device.is_cpu() ? kFewImages : largest_part(config.bsize, config.accumulate);
  TrialStep(config, model, device).run_synchronised(images);
}

DistributedDataParallel::Options reducer_options(const Config& config) {
  constexpr double kMegabyteBytes = 1024 * 1024;
  return {static_cast<std::int64_t>(config.bucket_mb * kMegabyteBytes), config.compress == "bf16"};
}

std::vector<std::int64_t> training_bucket_bytes(const Config& config, ProcessGroup& group,
                                                at::Device device) {
  DistributedDataParallel model(make_model(config, device), group, reducer_options(config));
  Config few_images = config;  // no batch needs to fit, and none is known yet if it is automatic
  few_images.bsize = 2 * config.accumulate;
  if (group.size() > 1) rebuild_buckets(few_images, model, device);
  return model.bucket_bytes();
}

}  // namespace dplaunch
