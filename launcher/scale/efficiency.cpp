#include "launcher/scale/efficiency.h"

#include <functional>
#include <numeric>

namespace dplaunch {

const char* name_of(Factor factor) {
  constexpr std::array<const char*, kFactors> kNames = {"compute", "input", "load balance",
                                                        "overlap", "amortised"};
  return kNames[static_cast<std::size_t>(factor)];
}

double product(const Factors& factors) {
  return std::accumulate(factors.begin(), factors.end(), 1.0, std::multiplies<>());
}

Factors factors_of(const RunFigures& alone, const RunFigures& job, double work) {
  const auto input = [](const RunFigures& run) { return run.compute_seconds / run.own_seconds; };
  const auto overlap = [](const RunFigures& run) { return run.max_own_seconds / run.step_seconds; };
  const auto steps = [](const RunFigures& run) { return run.step_seconds / run.whole_seconds(); };
  Factors factors{};
  const auto set = [&](Factor factor, double value) {
    factors[static_cast<std::size_t>(factor)] = value;
  };
  set(Factor::kCompute, work * alone.compute_seconds / job.compute_seconds);
  set(Factor::kInput, input(job) / input(alone));
  set(Factor::kLoadBalance, job.own_seconds / job.max_own_seconds);
  set(Factor::kOverlap, overlap(job) / overlap(alone));
  set(Factor::kAmortised, steps(job) / steps(alone));
  return factors;
}

double efficiency_of(const RunFigures& alone, const RunFigures& job, double work) {
  return work * alone.whole_seconds() / job.whole_seconds();
}

}  // namespace dplaunch
