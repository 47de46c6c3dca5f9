#pragma once

#include <cstdint>

#include "common/config/config.h"

namespace dplaunch {

/// The learning rate of each step, a function of the step alone, so that a resumed run needs no
/// state. `constant`, `linear` (to zero) and `cosine` (to zero; arXiv 1608.03983) may start with a
/// linear warm-up; `onecycle` (arXiv 1708.07120) has the shape and defaults of torch's OneCycleLR:
/// from lr/25 up to lr over 30% of the steps, then down to lr/250,000, both along a cosine.
class Schedule {
 public:
  /// `global_batch` scales the rate as `config.lr_scaling` says.
  Schedule(const Config& config, std::int64_t steps_per_epoch, std::int64_t global_batch);

  /// `step` counts from 0 over the whole run.
  double lr_at(std::int64_t step) const;
  double peak_lr() const { return peak_lr_; }

 private:
  double onecycle(double step) const;
  double warm_then_fall(double step) const;

  enum class Shape { kConstant, kLinear, kCosine, kOneCycle } shape_;
  double peak_lr_;
  double warmup_steps_;
  double total_steps_;
};

}  // namespace dplaunch
