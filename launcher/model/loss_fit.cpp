#include "launcher/model/loss_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "launcher/model/straggler.h"

namespace dplaunch {
namespace {

/// Student's t, 95% quantile, by degrees of freedom from 1; 1.645 in the limit.
double student_t95(std::size_t degrees) {
  constexpr std::array<double, 10> kTable = {6.314, 2.920, 2.353, 2.132, 2.015,
                                             1.943, 1.895, 1.860, 1.833, 1.812};
  return kTable[std::min(degrees, kTable.size()) - 1];
}

}  // namespace

LossFit::LossFit(std::vector<LossPoint> points) : points_(std::move(points)) {
  double more = 0;  // than the model says, seen along the law of growth
  for (const LossPoint& point : points_) {
    more += (point.lost_s - point.modelled_s) * (harmonic(point.processes) - 1);
  }
  scales_model_ = more < 0;
  double products = 0;
  for (const LossPoint& point : points_) {
    const double x = regressor(point.processes, point.modelled_s);
    products += x * (scales_model_ ? point.lost_s : point.lost_s - point.modelled_s);
    sum_of_squares_ += x * x;
  }
  if (sum_of_squares_ > 0) factor_ = std::max(0.0, products / sum_of_squares_);
  if (points_.size() < 2) return;
  double squares = 0;
  for (const LossPoint& point : points_) {
    squares += std::pow(point.lost_s - lost_s(point.processes, point.modelled_s), 2);
  }
  spread_s_ = std::sqrt(squares / static_cast<double>(points_.size() - 1));
}

double LossFit::regressor(int processes, double modelled_s) const {
  return scales_model_ ? modelled_s : harmonic(processes) - 1;
}

double LossFit::lost_s(int processes, double modelled_s) const {
  const double fitted = factor_ * regressor(processes, modelled_s);
  return scales_model_ ? fitted : modelled_s + fitted;
}

LossFit::Bounds LossFit::neighbours_s(int processes) const {
  double below_s = 0;
  for (const LossPoint& point : points_) {
    if (point.processes == processes) return {point.lost_s, point.lost_s};
    if (point.processes > processes) return {below_s, point.lost_s};
    below_s = point.lost_s;
  }
  return {below_s, below_s * (processes - 1) / (points_.back().processes - 1)};
}

LossFit::Bounds LossFit::bounds_s(int processes, double modelled_s) const {
  const double central = lost_s(processes, modelled_s);
  double half = 0;
  if (points_.size() >= 2 && sum_of_squares_ > 0) {
    const double x = regressor(processes, modelled_s);
    half = student_t95(points_.size() - 1) * spread_s_ * std::sqrt(1 + x * x / sum_of_squares_);
  }
  const Bounds around = neighbours_s(processes);
  return {std::max(0.0, std::min({central - half, around.low_s, around.high_s})),
          std::max({central + half, around.low_s, around.high_s})};
}

}  // namespace dplaunch
