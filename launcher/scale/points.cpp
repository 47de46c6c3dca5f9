#include "launcher/scale/points.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

namespace dplaunch {
namespace {

std::vector<int> sorted_sizes(std::vector<int> sizes) {
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

}  // namespace

std::vector<Point> points_of(const PointRequest& request) {
  std::vector<Point> points = {{PointKind::kBaseline, 1, "1"}};
  for (const int size : sorted_sizes(request.world_sizes)) {
    if (size == 1) continue;
    const std::string name = std::to_string(size);
    if (request.mode != ScaleMode::kStrong) points.push_back({PointKind::kWeak, size, name});
    if (request.mode != ScaleMode::kWeak) {
      points.push_back({PointKind::kStrong, size, name + " strong"});
    }
  }
  const int most = points.back().processes;
  if (request.is_command || !request.has_controls || most == 1) return points;
  points.push_back({PointKind::kGroupOfOne, 1, "1 with a group"});
  if (request.is_cpu) {
    points.push_back(
        {PointKind::kAllCores, 1, fmt::format("1 on {} cores", most * request.cores_per_process)});
  }
  return points;
}

std::string name_of(PointKind kind) {
  switch (kind) {
    case PointKind::kBaseline:
      return "baseline";
    case PointKind::kWeak:
      return "weak";
    case PointKind::kStrong:
      return "strong";
    case PointKind::kGroupOfOne:
      return "group of one";
    case PointKind::kAllCores:
      break;
  }
  return "all cores";
}

// Not std::shuffle(), whose result the standard leaves to the library: the plan is to be the same
// wherever it goes on.
std::vector<std::size_t> order_of_block(std::uint64_t seed, int block, std::size_t points) {
  std::vector<std::size_t> order(points);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(seed * 1'000'003 + static_cast<std::uint64_t>(block));
  for (std::size_t i = points; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

}  // namespace dplaunch
