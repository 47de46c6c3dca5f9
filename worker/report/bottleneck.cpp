#include "worker/report/bottleneck.h"

#include <algorithm>
#include <cmath>

#include "worker/report/log.h"

namespace dplaunch {
namespace {

// From these on it is worth doing something.
constexpr double kMuchWaiting = 0.10;
constexpr double kMuchAllReduce = 0.15;
constexpr double kMuchUpdate = 0.20;
constexpr double kMuchSkew = 1.15;

struct Finding {
  double cost;  ///< share of the time that could be won, roughly
  std::string text;
};

std::string percent(double share) {
  return fixed(100 * share, 0) + "%";
}

/// As many threads as would hide the waiting if loading scales with them.
std::int64_t enough_workers(double wait_share, const RunShape& run) {
  const double needed =
      static_cast<double>(std::max<std::int64_t>(run.workers, 1)) / std::max(1 - wait_share, 0.05);
  const auto most = static_cast<std::int64_t>(run.usable_cores) * run.world_size;
  return std::min(static_cast<std::int64_t>(std::ceil(needed)) + 1, std::max(most, run.workers));
}

Finding waiting_for_data(double share, const RunShape& run) {
  if (run.is_loaded_by_device) {
    return {share, "assembling the batches on the device is " + percent(share) +
                       " of a step: loader: host has threads do it meanwhile"};
  }
  const std::int64_t workers = enough_workers(share, run);
  std::string text = "data loading is " + percent(share) + " of a step: ";
  if (workers > run.workers) {
    text += "raise workers from " + std::to_string(run.workers) + " to " + std::to_string(workers);
  } else {
    text += "there are no cores left for more workers (" + std::to_string(run.workers) +
            "); fewer processes, or less augmentation";
  }
  return {share, text};
}

Finding all_reduce(double share, const RunShape& run) {
  return {share, "the gradients' all-reduce keeps " + percent(share) +
                     " of a step waiting: a larger bsize than " + std::to_string(run.bsize) +
                     " has fewer of them" +
                     (run.is_cpu ? ", as have fewer processes with more threads each"
                                 : "; is the link between the GPUs what it should be? (dplaunch "
                                   "devices)")};
}

Finding slow_rank(const RankSkew& skew, const RunShape& run) {
  return {skew.slowest_over_mean - 1,
          "rank " + std::to_string(skew.slowest_rank) + " is " + fixed(skew.slowest_over_mean, 2) +
              " times as slow as the mean, and all wait for it: " +
              (run.is_cpu ? "another program on its cores?"
                          : "another process on its GPU, or its clock? (dplaunch devices)")};
}

}  // namespace

std::vector<std::string> bottlenecks(const TimeShares& shares, const RankSkew& skew,
                                     const RunShape& run) {
  std::vector<Finding> findings;
  if (shares.data_wait >= kMuchWaiting) {
    findings.push_back(waiting_for_data(shares.data_wait, run));
  }
  const bool is_skewed = run.world_size > 1 && skew.slowest_over_mean >= kMuchSkew;
  if (is_skewed) findings.push_back(slow_rank(skew, run));
  // Waiting for a slow rank looks like a slow all-reduce to the others.
  if (!is_skewed && run.world_size > 1 && shares.all_reduce >= kMuchAllReduce) {
    findings.push_back(all_reduce(shares.all_reduce, run));
  }
  if (shares.update >= kMuchUpdate) {
    findings.push_back({shares.update, "the optimizer is " + percent(shares.update) +
                                           " of a step: a larger bsize has fewer updates"});
  }
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return a.cost > b.cost; });
  std::vector<std::string> lines;
  for (const Finding& finding : findings) lines.push_back(finding.text);
  if (lines.empty()) {
    lines.push_back("nothing: computing is " + percent(shares.forward + shares.backward) +
                    " of a step");
  }
  return lines;
}

}  // namespace dplaunch
