#include "worker/train/train_step.h"

#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include "worker/trace/chrome_trace.h"
#include "worker/train/autocast.h"
#include "worker/train/batch_parts.h"
#include "worker/train/clip_grad_norm.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kNoIgnoredClass = -100;

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, double smoothing) {
  return at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::Mean, kNoIgnoredClass,
                                smoothing);
}

}  // namespace

TrainStep::TrainStep(const Config& config, DistributedDataParallel& model, Optimizer& optimizer,
                     ProcessGroup& group, at::Device device, StatusWriter& status)
    : label_smoothing_(config.label_smoothing),
      parts_(config.accumulate),
      clip_grad_norm_(config.clip_grad_norm),
      device_(device),
      precision_(device::configure_precision(config)),
      model_(model),
      optimizer_(optimizer),
      status_(status),
      correct_(at::zeros({}, at::TensorOptions().dtype(at::kLong).device(device))),
      losses_(device),
      clock_(device, config.step_times) {
  model_.on_last_gradient([this] { note_last_gradient(); });
  if (is_step_graph_on(config)) {
    graph_.emplace(config, model, group, device);
  } else if (config.step_times) {
    gradients_.emplace(model_);
  }
}

void TrainStep::begin() {
  status_.set_activity(Activity::kData);
  clock_.begin_step();
}

void TrainStep::run(const DeviceBatch& batch, double lr) {
  clock_.end_of(StepPart::kData);
  if (graph_) {
    status_.set_activity(Activity::kForward);
    const StepGraph::Inputs& inputs = graph_->load(batch, lr);
    graph_->run([this, &inputs] { compute(inputs.batch, inputs.lr); });
    // The device does not tell the parts of a graph apart.
    clock_.end_of(StepPart::kBackward);
  } else {
    compute(batch, lr);
  }
  const std::int64_t images = batch.labels.size(0);
  losses_.add(loss_, images);
  images_ += static_cast<double>(images);
  clock_.end_of(StepPart::kUpdate);
}

void TrainStep::release_graph() {
  graph_.reset();
}

/// All that a step does on the device, the same operations on the same memory in every step.
void TrainStep::compute(const DeviceBatch& batch, const LearningRate& lr) {
  model_.zero_grad();
  const std::int64_t images = batch.labels.size(0);
  loss_.reset();
  for (std::int64_t part = 0; part < parts_; ++part) {
    const std::int64_t begin = part_begin(images, parts_, part);
    const std::int64_t size = part_begin(images, parts_, part + 1) - begin;
    const DeviceBatch piece{batch.images.narrow(0, begin, size),
                            batch.labels.narrow(0, begin, size)};
    const double times = static_cast<double>(images) / static_cast<double>(size);
    const at::Tensor loss = forward_backward(piece, times, part + 1 == parts_);
    loss_ = loss_.defined() ? loss_ + loss : loss;
  }
  update(lr);
}

/// What is recorded is not a step, and events of the clock are not to be part of it.
void TrainStep::end_of(StepPart part) {
  if (!is_recording()) clock_.end_of(part);
}

/// Returns this part's share of the batch's mean loss. The whole batch has `times` as many images.
at::Tensor TrainStep::forward_backward(const DeviceBatch& batch, double times, bool is_last_part) {
  const at::Tensor logits = forward(batch, is_last_part);
  at::Tensor loss = cross_entropy(logits, batch.labels, label_smoothing_);
  if (parts_ > 1) loss = loss / times;
  end_of(StepPart::kForward);
  backward(loss);
  const at::NoGradGuard no_grad;
  correct_.add_(logits.detach().argmax(1).eq(batch.labels).sum());
  return loss.detach();
}

at::Tensor TrainStep::forward(const DeviceBatch& batch, bool is_last_part) {
  status_.set_activity(Activity::kForward);
  const TraceRange range("forward");
  const Autocast autocast(device_.type(), precision_);
  const at::Tensor logits =
      is_last_part ? model_.forward(batch.images) : model_.forward_unsynchronised(batch.images);
  return logits.to(at::kFloat);
}

void TrainStep::backward(const at::Tensor& loss) {
  status_.set_activity(Activity::kBackward);
  const TraceRange range("backward");
  if (gradients_) gradients_->begin_backward();
  loss.backward();
  if (gradients_) gradients_->end_backward();
  exposed_.reset();
  if (!is_recording()) clock_.end_of_backward();
}

void TrainStep::note_last_gradient() {
  if (is_recording()) return;
  clock_.note_last_gradient();
  // On a GPU this moment is that of a launch, and the streams' own tracks show what is exposed.
  if (device_.is_cpu()) exposed_.emplace(kExposedAllReduce, TraceRange::Kind::kOverlapping);
}

void TrainStep::update(const LearningRate& lr) {
  status_.set_activity(Activity::kUpdate);
  const TraceRange range("update");
  if (clip_grad_norm_ > 0) clip_grad_norm(model_.gradients(), clip_grad_norm_);
  optimizer_.step(lr);
}

std::vector<GradientTime> TrainStep::gradient_times() const {
  return gradients_ ? gradients_->medians() : std::vector<GradientTime>();
}

TrainTotals TrainStep::totals() {
  return {losses_.sum(), static_cast<double>(correct_.item<std::int64_t>()), images_};
}

void TrainStep::reset_totals() {
  correct_.zero_();
  losses_.reset();
  images_ = 0;
}

}  // namespace dplaunch
