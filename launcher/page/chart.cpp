#include "launcher/page/chart.h"

#include <algorithm>
#include <cmath>

namespace dplaunch {

void choose_scale(LineChart& chart) {
  constexpr double kManyTimes = 5;
  std::vector<double> values;
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      if (std::isfinite(point.y)) values.push_back(point.y);
    }
  }
  if (values.empty() || std::ranges::min(values) <= 0) return;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (std::ranges::max(values) > kManyTimes * *middle) chart.y.scale = AxisScale::kLog10;
}

}  // namespace dplaunch
