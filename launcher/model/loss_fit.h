#pragma once

#include <vector>

namespace dplaunch {

/// What was lost on so many processes, and what the model says is lost there.
struct LossPoint {
  int processes = 2;
  double lost_s = 0;
  double modelled_s = 0;
};

/// What the measured losses say beyond the model's: one parameter, by least squares.
class LossFit {
 public:
  /// Points of more than one process, in ascending order; may be empty.
  explicit LossFit(std::vector<LossPoint> points);

  /// The loss on `processes`, where the model says `modelled_s`; at least 0.
  double lost_s(int processes, double modelled_s) const;

  struct Bounds {
    double low_s = 0;
    double high_s = 0;
  };
  /// Bounds of the loss, the widest of: the fit's (Student's t, 90%, where there are two points or
  /// more), and what is lost at the points on both sides, of which one process loses nothing;
  /// beyond the last point a loss that no longer grows, and one that grows as N - 1. At least one
  /// point.
  Bounds bounds_s(int processes, double modelled_s) const;

 private:
  Bounds neighbours_s(int processes) const;
  double regressor(int processes, double modelled_s) const;

  std::vector<LossPoint> points_;
  bool scales_model_ = false;  ///< or else adds to it
  double factor_ = 0;
  double sum_of_squares_ = 0;  ///< of the regressor
  double spread_s_ = 0;        ///< standard deviation of the residuals
};

}  // namespace dplaunch
