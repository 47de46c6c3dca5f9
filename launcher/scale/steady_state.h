#pragma once

#include <cstddef>
#include <span>

namespace dplaunch {

/// How many of the first steps are warm-up: the fewest such that no beginning of the rest is
/// slower than what follows it. A change point by least squares, looked for in the first half of
/// the steps and again in what it leaves, is taken where the difference of the means exceeds 5.5
/// standard errors; the scatter is that of the second half (its median absolute deviation). Steps
/// that are faster than the rest are no warm-up.
std::size_t warmup_steps(std::span<const double> seconds);

}  // namespace dplaunch
