#include "launcher/scale/input_gain.h"

#include <algorithm>
#include <cmath>

namespace dplaunch {
namespace {

double waiting_s(const RunFigures& figures) {
  return figures.own_seconds - figures.compute_seconds;
}

double rest_s(const RunFigures& figures) {
  return figures.step_seconds - waiting_s(figures);
}

/// A step in which no batch is waited for, by anybody.
double step_without_waits_s(const StarvedRank& rank) {
  const RunFigures& figures = rank.figures;
  const double all_reduce_s = figures.step_seconds - figures.max_own_seconds;
  return figures.compute_seconds +
         std::clamp(rank.all_reduce_s.value_or(all_reduce_s), 0.0, std::max(all_reduce_s, 0.0));
}

/// One rank that loads by itself is its own thread.
double work_of_batch_s(const StarvedRank& rank) {
  return seconds_of_batch(rank) * std::max(rank.threads, 1);
}

}  // namespace

double seconds_of_batch(const StarvedRank& rank) {
  return rank.threads == 0 ? waiting_s(rank.figures) : rank.figures.step_seconds;
}

int enough_threads(const StarvedRank& rank) {
  const double wanted = std::ceil(work_of_batch_s(rank) / rest_s(rank.figures));
  return static_cast<int>(std::clamp<double>(wanted, 1, std::max(rank.cores, 1)));
}

Gain gain_of_threads(const StarvedRank& rank, int threads) {
  const double step_s = rank.figures.step_seconds;
  const RunFigures& figures = rank.figures;
  const double batch_s = work_of_batch_s(rank) / threads;
  const double fastest_s = std::max(step_without_waits_s(rank), batch_s);
  const double free_cores = rank.cores - rank.others;
  const double by_cores_s = rank.busy < free_cores ? rank.busy * step_s / free_cores : step_s;
  const double slowest_s = std::min(step_s, std::max({rest_s(figures), batch_s, by_cores_s}));
  const double total_s = figures.whole_seconds();
  const double high = (step_s - std::min(step_s, fastest_s)) / total_s;
  const double low = (step_s - slowest_s) / total_s;
  return {low, (low + high) / 2, high};
}

}  // namespace dplaunch
