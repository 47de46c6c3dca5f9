#include <algorithm>
#include <cmath>

#include "launcher/page/chart_drawing.h"

namespace dplaunch {
namespace {

/// What is no number is neither the least nor the greatest.
bool is_less(const ChartPoint& a, const ChartPoint& b) {
  if (std::isnan(a.y) || std::isnan(b.y)) return std::isnan(b.y) && !std::isnan(a.y);
  return a.y < b.y;
}

bool is_greater(const ChartPoint& a, const ChartPoint& b) {
  if (std::isnan(a.y) || std::isnan(b.y)) return std::isnan(b.y) && !std::isnan(a.y);
  return a.y > b.y;
}

}  // namespace

std::vector<ChartPoint> thinned_out(const std::vector<ChartPoint>& points, std::size_t max_points) {
  if (points.size() <= std::max<std::size_t>(max_points, 4)) return points;
  const std::size_t stretches = std::max<std::size_t>(max_points, 4) / 2 - 1;
  std::vector<ChartPoint> kept = {points.front()};
  const std::size_t inner = points.size() - 2;
  for (std::size_t i = 0; i < stretches; ++i) {
    const auto begin = points.begin() + 1 + static_cast<std::ptrdiff_t>(i * inner / stretches);
    const auto end = points.begin() + 1 + static_cast<std::ptrdiff_t>((i + 1) * inner / stretches);
    if (begin == end) continue;
    auto first = std::min_element(begin, end, is_less);
    auto second = std::min_element(begin, end, is_greater);
    if (second < first) std::swap(first, second);
    kept.push_back(*first);
    if (second != first) kept.push_back(*second);
  }
  kept.push_back(points.back());
  return kept;
}

}  // namespace dplaunch
