#include "worker/train/train_step.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "worker/train/autocast.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kNoIgnoredClass = -100;

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, double smoothing) {
  return at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::Mean, kNoIgnoredClass,
                                smoothing);
}

}  // namespace

TrainStep::TrainStep(const Config& config, DistributedDataParallel& model, Optimizer& optimizer,
                     at::Device device, StatusWriter& status)
    : label_smoothing_(config.label_smoothing),
      device_(device),
      precision_(device::configure_precision(config)),
      model_(model),
      optimizer_(optimizer),
      status_(status) {
  reset_totals();
}

void TrainStep::run(const DeviceBatch& batch, double lr) {
  status_.set_activity(Activity::kForward);
  model_.zero_grad();
  at::Tensor logits;
  {
    const Autocast autocast(device_.type(), precision_);
    logits = model_.forward(batch.images);
  }
  logits = logits.to(at::kFloat);
  const at::Tensor loss = cross_entropy(logits, batch.labels, label_smoothing_);
  status_.set_activity(Activity::kBackward);
  loss.backward();
  status_.set_activity(Activity::kUpdate);
  optimizer_.step(lr);

  const at::NoGradGuard no_grad;
  const std::int64_t images = batch.labels.size(0);
  last_loss_ = loss.detach();
  totals_[0].add_(last_loss_, static_cast<double>(images));
  totals_[1].add_(logits.detach().argmax(1).eq(batch.labels).sum());
  images_ += static_cast<double>(images);
}

double TrainStep::last_loss() const {
  return last_loss_.defined() ? last_loss_.item<double>()
                              : std::numeric_limits<double>::quiet_NaN();
}

TrainTotals TrainStep::totals() const {
  const at::Tensor host = totals_.cpu();
  return {host[0].item<double>(), host[1].item<double>(), images_};
}

void TrainStep::reset_totals() {
  totals_ = at::zeros({2}, at::TensorOptions().dtype(at::kDouble).device(device_));
  images_ = 0;
}

}  // namespace dplaunch
