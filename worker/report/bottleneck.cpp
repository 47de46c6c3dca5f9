#include "worker/report/bottleneck.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "worker/report/result_text.h"

namespace dplaunch {
namespace {

// From these on it is worth doing something.
constexpr double kMinWaiting = 0.10;
constexpr double kMinAllReduce = 0.15;
constexpr double kMinUpdate = 0.20;
constexpr double kMinSkew = 1.15;

struct Finding {
  double cost;  ///< share of the time that could be won, roughly
  std::string text;
};

/// As many threads as would hide the waiting if loading scales with them.
std::int64_t enough_workers(double wait_share, const RunShape& run) {
  constexpr double kMinBusyShare = 0.05;  // so that a run that only waits asks for no million
  const double needed = static_cast<double>(std::max<std::int64_t>(run.workers, 1)) /
                        std::max(1 - wait_share, kMinBusyShare);
  const std::int64_t max = std::int64_t{run.usable_cores} * run.world_size;
  return std::min(static_cast<std::int64_t>(std::ceil(needed)) + 1, std::max(max, run.workers));
}

Finding waiting_for_data(double share, const RunShape& run) {
  const std::string percent = percent_text(share);
  if (run.is_loaded_by_device) {
    return {share, fmt::format("assembling the batches on the device is {} of a step: loader: host "
                               "has threads do it meanwhile",
                               percent)};
  }
  const std::int64_t workers = enough_workers(share, run);
  if (workers > run.workers) {
    return {share, fmt::format("data loading is {} of a step: raise workers from {} to {}", percent,
                               run.workers, workers)};
  }
  return {share, fmt::format("data loading is {} of a step: there are no cores left for more "
                             "workers ({}); fewer processes, or less augmentation",
                             percent, run.workers)};
}

Finding all_reduce(double share, const RunShape& run) {
  return {share,
          fmt::format("the gradients' all-reduce keeps {} of a step waiting: a larger bsize than "
                      "{} has fewer of them{}",
                      percent_text(share), run.bsize,
                      run.is_cpu ? ", as have fewer processes with more threads each"
                                 : "; is the link between the GPUs what it should be? (dplaunch "
                                   "devices)")};
}

Finding slow_rank(const RankSkew& skew, const RunShape& run) {
  return {skew.slowest_over_mean - 1,
          fmt::format("rank {} is {:.2f} times as slow as the mean, and all wait for it: {}",
                      skew.slowest_rank, skew.slowest_over_mean,
                      run.is_cpu ? "another program on its cores?"
                                 : "another process on its GPU, or its clock? (dplaunch "
                                   "devices)")};
}

}  // namespace

std::vector<std::string> bottlenecks(const TimeShares& shares, const RankSkew& skew,
                                     const RunShape& run) {
  std::vector<Finding> findings;
  if (shares.data_wait >= kMinWaiting) {
    findings.push_back(waiting_for_data(shares.data_wait, run));
  }
  const bool is_skewed = run.world_size > 1 && skew.slowest_over_mean >= kMinSkew;
  if (is_skewed) findings.push_back(slow_rank(skew, run));
  // Waiting for a slow rank looks like a slow all-reduce to the others.
  if (!is_skewed && run.world_size > 1 && shares.all_reduce >= kMinAllReduce) {
    findings.push_back(all_reduce(shares.all_reduce, run));
  }
  if (shares.update >= kMinUpdate) {
    findings.push_back(
        {shares.update, fmt::format("the optimizer is {} of a step: a larger bsize has fewer "
                                    "updates",
                                    percent_text(shares.update))});
  }
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return a.cost > b.cost; });
  std::vector<std::string> lines;
  for (const Finding& finding : findings) lines.push_back(finding.text);
  if (lines.empty()) {
    lines.push_back(fmt::format("nothing: computing is {} of a step",
                                percent_text(shares.forward + shares.backward)));
  }
  return lines;
}

}  // namespace dplaunch
