#include "launcher/page/axis_map.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "launcher/page/page_text.h"

namespace dplaunch {
namespace {

// Beyond it the distance of two values, or a multiple of it, is infinite.
constexpr double kGreatest = 1e100;
constexpr double kSlack = 1e-9;  // of a step: rounding does not cost the last tick

/// 1, 2 or 5 times a power of ten, at least `wanted`.
double round_step(double wanted) {
  const double power = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= wanted * (1 - kSlack)) return factor * power;
  }
  return 10 * power;
}

std::vector<double> multiples(double step, double low, double high) {
  std::vector<double> ticks;
  const double first = std::ceil(low / step - kSlack);
  const double last = std::floor(high / step + kSlack);
  for (double n = first; n <= last; ++n) ticks.push_back(n * step + 0.0);  // no -0
  return ticks;
}

/// Powers of the base between the ends, and of ten also their multiples where they are few.
std::vector<double> powers(double base, double low, double high, int wanted) {
  const double first = std::floor(std::log(low) / std::log(base) + kSlack);
  const double last = std::ceil(std::log(high) / std::log(base) - kSlack);
  const double stride = std::max(1.0, std::ceil((last - first) / wanted));
  const bool is_decimal = base > 2;
  std::vector<double> ticks;
  for (double n = first; n <= last; n += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor > 1 && !(is_decimal && last - first <= 2)) continue;
      const double tick = factor * std::pow(base, n);
      if (tick >= low * (1 - kSlack) && tick <= high * (1 + kSlack)) ticks.push_back(tick);
    }
  }
  return ticks;
}

}  // namespace

bool is_drawable(double value, AxisScale scale) {
  if (!std::isfinite(value) || std::abs(value) > kGreatest) return false;
  return scale == AxisScale::kLinear || value > 1 / kGreatest;
}

AxisMap::AxisMap(const ChartAxis& axis, double low, double high, bool is_wide, int wanted_ticks)
    : scale_(axis.scale), low_(low), high_(high) {
  for (const double tick : axis.ticks) {
    if (!is_drawable(tick, scale_)) continue;
    low_ = std::min(low_, tick);
    high_ = std::max(high_, tick);
    ticks_.push_back(tick);
  }
  if (scale_ != AxisScale::kLinear) {
    const double margin = low_ == high_ ? 1.5 : std::pow(high_ / low_, 0.06);
    low_ /= margin;
    high_ *= margin;
    if (!ticks_.empty()) return;
    ticks_ = powers(scale_ == AxisScale::kLog2 ? 2 : 10, low_, high_, wanted_ticks);
    if (ticks_.empty()) ticks_ = {std::sqrt(low_ * high_)};
    return;
  }
  if (axis.has_zero) {
    low_ = std::min(low_, 0.0);
    high_ = std::max(high_, 0.0);
  }
  // Of equal values, and of values whose difference no double holds ten parts of.
  const double least = std::max(std::abs(low_), std::abs(high_)) * 1e-12;
  if (high_ - low_ <= least) {
    const double room = low_ == 0 ? 1 : std::abs(low_) * 0.1;
    if (!axis.has_zero || low_ != 0) low_ -= room;
    high_ += room;
    if (axis.is_whole) low_ = std::floor(low_), high_ = std::ceil(high_);
  }
  if (!ticks_.empty()) return;
  step_ = round_step((high_ - low_) / wanted_ticks);
  if (axis.is_whole) step_ = std::max(1.0, step_);
  if (is_wide) {
    low_ = std::min(low_, std::floor(low_ / step_ + kSlack) * step_);
    high_ = std::max(high_, std::ceil(high_ / step_ - kSlack) * step_);
  }
  ticks_ = multiples(step_, low_, high_);
}

void AxisMap::set_pixels(double begin, double end) {
  begin_pixel_ = begin;
  end_pixel_ = end;
}

double AxisMap::place(double value) const {
  if (scale_ == AxisScale::kLinear) return (value - low_) / (high_ - low_);
  return std::log(value / low_) / std::log(high_ / low_);
}

double AxisMap::pixel(double value) const {
  return begin_pixel_ + place(value) * (end_pixel_ - begin_pixel_);
}

std::string AxisMap::tick_label(double tick) const {
  const double size = std::abs(tick);
  if (step_ == 0) return value_text(tick);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) {
    const int digits = static_cast<int>(std::clamp(std::log10(size / step_) + 2, 1.0, 15.0));
    return fmt::format("{:.{}g}", tick, digits);
  }
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step_) + kSlack)));
  return fmt::format("{:.{}f}", tick, decimals);
}

}  // namespace dplaunch
