#include "worker/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dplaunch {
namespace {

// Of torch.optim.lr_scheduler.OneCycleLR.
constexpr double kRisingShare = 0.3;
constexpr double kStartDivisor = 25;
constexpr double kEndDivisor = 1e4;

double cosine_between(double from, double to, double progress) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * std::clamp(progress, 0.0, 1.0)));
}

double scaled_lr(const Config& config, std::int64_t global_batch) {
  const double ratio =
      static_cast<double>(global_batch) / static_cast<double>(config.lr_base_batch);
  double lr = config.lr;
  if (config.lr_scaling == "linear") lr *= ratio;
  if (config.lr_scaling == "sqrt") lr *= std::sqrt(ratio);
  return config.lr_cap > 0 ? std::min(lr, config.lr_cap) : lr;
}

}  // namespace

Schedule::Schedule(const Config& config, std::int64_t steps_per_epoch, std::int64_t global_batch)
    : shape_(config.schedule == "onecycle" ? Shape::kOneCycle
             : config.schedule == "cosine" ? Shape::kCosine
             : config.schedule == "linear" ? Shape::kLinear
                                           : Shape::kConstant),
      peak_lr_(scaled_lr(config, global_batch)),
      warmup_steps_(std::floor(config.warmup_epochs * static_cast<double>(steps_per_epoch))),
      total_steps_(static_cast<double>(config.epochs * steps_per_epoch)) {}

double Schedule::lr_at(std::int64_t step) const {
  const auto at = static_cast<double>(step);
  return shape_ == Shape::kOneCycle ? onecycle(at) : warm_then_fall(at);
}

double Schedule::onecycle(double step) const {
  const double start = peak_lr_ / kStartDivisor;
  // As torch counts: the peak is a step before the phase ends. A run of three steps or fewer has no
  // rise, and must not divide by zero.
  const double top = std::max(kRisingShare * total_steps_ - 1, 1e-9);
  if (step <= top) return cosine_between(start, peak_lr_, step / top);
  return cosine_between(peak_lr_, start / kEndDivisor,
                        (step - top) / std::max(total_steps_ - 1 - top, 1.0));
}

double Schedule::warm_then_fall(double step) const {
  if (step < warmup_steps_) return peak_lr_ * (step + 1) / warmup_steps_;
  if (shape_ == Shape::kConstant) return peak_lr_;
  const double progress = (step - warmup_steps_) / std::max(total_steps_ - warmup_steps_, 1.0);
  if (shape_ == Shape::kLinear) return peak_lr_ * (1 - std::min(progress, 1.0));
  return cosine_between(peak_lr_, 0, progress);
}

}  // namespace dplaunch
