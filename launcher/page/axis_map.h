#pragma once

#include <string>
#include <vector>

#include "launcher/page/chart.h"

namespace dplaunch {

/// Where an axis begins and ends, where its ticks stand, and which pixel a value is drawn at.
class AxisMap {
 public:
  /// `low` and `high` are the least and greatest value to be drawn; both are is_drawable(). A
  /// linear axis of `is_wide` reaches to whole ticks at both ends; about `wanted_ticks` are drawn.
  AxisMap(const ChartAxis& axis, double low, double high, bool is_wide, int wanted_ticks);

  /// In user units of the SVG: where begin and end of the axis are drawn.
  void set_pixels(double begin, double end);
  double pixel(double value) const;

  const std::vector<double>& ticks() const { return ticks_; }
  /// As it stands at the tick: all digits that tell it from its neighbour.
  std::string tick_label(double tick) const;

 private:
  double place(double value) const;

  AxisScale scale_;
  double low_ = 0;
  double high_ = 1;
  double step_ = 0;  ///< between ticks of a linear axis; 0: they were given
  double begin_pixel_ = 0;
  double end_pixel_ = 1;
  std::vector<double> ticks_;
};

/// Whether a value has a place on such an axis.
bool is_drawable(double value, AxisScale scale);

}  // namespace dplaunch
