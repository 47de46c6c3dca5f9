#include "launcher/scale/causes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

namespace dplaunch {
namespace {

using Shares = std::array<double, kFactors>;

std::size_t slowest_rank(const RunFigures& figures) {
  const auto slowest = std::ranges::max_element(figures.ranks, {}, own_seconds);
  return static_cast<std::size_t>(slowest - figures.ranks.begin());
}

/// What is lost by each, of a step's time with its share of the evaluations. They add up to what
/// the job loses against one process that computes without a pause. By the fastest rank: what a
/// single slow one loses is lost to the ranks being unequal, and not to all of them computing
/// slowly.
Shares lost_shares(const RunFigures& alone, const RunFigures& job, double work) {
  const double total = job.whole_seconds();
  const PartSeconds& fastest = *std::ranges::min_element(job.ranks, {}, own_seconds);
  const double waits = part_of(fastest, StepPart::kData);
  Shares lost{};
  const auto set = [&](Factor factor, double seconds) {
    lost[static_cast<std::size_t>(factor)] = seconds / total;
  };
  set(Factor::kCompute, own_seconds(fastest) - waits - work * alone.compute_seconds);
  set(Factor::kInput, waits);
  set(Factor::kLoadBalance, job.max_own_seconds - own_seconds(fastest));
  set(Factor::kOverlap, job.step_seconds - job.max_own_seconds);
  set(Factor::kAmortised, job.pause_seconds());
  return lost;
}

PartSeconds mean_of_others(const RunFigures& figures, std::size_t rank) {
  PartSeconds mean{};
  const auto others = static_cast<double>(figures.ranks.size() - 1);
  for (std::size_t i = 0; i < figures.ranks.size(); ++i) {
    if (i == rank) continue;
    for (std::size_t part = 0; part < kStepParts; ++part) {
      mean[part] += figures.ranks[i][part] / others;
    }
  }
  return mean;
}

/// The part in which the slowest rank loses nearly all of its time; nullopt if it is in all.
std::optional<StepPart> lone_part(const PartSeconds& slow, const PartSeconds& others) {
  constexpr double kNearlyAll = 0.8;
  const double excess = own_seconds(slow) - own_seconds(others);
  for (const StepPart part :
       {StepPart::kData, StepPart::kForward, StepPart::kBackward, StepPart::kUpdate}) {
    const auto index = static_cast<std::size_t>(part);
    // Of a uniformly slow rank backward alone is two thirds of the excess.
    if (slow[index] - others[index] > kNearlyAll * excess) return part;
  }
  return std::nullopt;
}

const char* part_name(StepPart part) {
  constexpr std::array<const char*, kStepParts> kNames = {"waiting for batches", "forward",
                                                          "backward", "the all-reduce", "update"};
  return kNames[static_cast<std::size_t>(part)];
}

using Runs = std::vector<const RunRecord*>;

/// The rank that is the slowest in most runs, and in how many.
std::pair<std::size_t, std::size_t> usual_slowest(const Runs& runs) {
  std::map<std::size_t, std::size_t> count;
  for (const RunRecord* run : runs) ++count[slowest_rank(*run->figures)];
  const auto most = std::max_element(
      count.begin(), count.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return *most;
}

std::string imbalance_evidence(const Runs& runs) {
  const auto [rank, times] = usual_slowest(runs);
  if (2 * times <= runs.size()) return "now one rank is the slowest, now another";
  std::vector<double> ratios;
  std::map<std::optional<StepPart>, std::size_t> where;
  for (const RunRecord* run : runs) {
    const PartSeconds& slow = run->figures->ranks[rank];
    const PartSeconds others = mean_of_others(*run->figures, rank);
    ratios.push_back(own_seconds(slow) / own_seconds(others));
    ++where[lone_part(slow, others)];
  }
  const std::optional<StepPart> part =
      std::max_element(where.begin(), where.end(), [](const auto& a, const auto& b) {
        return a.second < b.second;
      })->first;
  return fmt::format("rank {} takes {:.2f}x the others' time{}; it is the slowest in {} of {} runs",
                     rank, median(ratios),
                     part ? fmt::format(", all of it in {}", part_name(*part)) : ", in every part",
                     times, runs.size());
}

std::string imbalance_remedy(const Runs& runs) {
  const auto [rank, times] = usual_slowest(runs);
  if (2 * times <= runs.size()) return "keep other work off the machine; bind ranks (--bind core)";
  const PartSeconds& slow = runs.back()->figures->ranks[rank];
  const auto part = lone_part(slow, mean_of_others(*runs.back()->figures, rank));
  if (part == StepPart::kData) return "look at that rank's loader threads and its disk";
  if (part) {
    return fmt::format("look at what that rank alone does in {} (dplaunch --trace)",
                       part_name(*part));
  }
  return "look at that rank's device, cores and quota (dplaunch doctor, dplaunch devices)";
}

template <typename Value>
double median_ms(const Runs& runs, const Value& value) {
  std::vector<double> values;
  for (const RunRecord* run : runs) values.push_back(1000 * value(*run->figures));
  return median(values);
}

double median_evaluation_ms(const Runs& runs) {
  return median_ms(runs, [](const RunFigures& figures) { return figures.evaluation_seconds; });
}

double median_checkpoint_ms(const Runs& runs) {
  return median_ms(runs, [](const RunFigures& figures) { return figures.checkpoint_seconds; });
}

/// Of the pauses the most; otherwise checkpoints are.
bool are_evaluations(const Runs& runs) {
  return median_evaluation_ms(runs) >= median_checkpoint_ms(runs);
}

/// What takes most of them comes first.
std::string pause_evidence(const Runs& runs) {
  const double step_ms = median_ms(runs, [](const RunFigures& f) { return f.step_seconds; });
  const double evaluation_ms = median_evaluation_ms(runs);
  const double checkpoint_ms = median_checkpoint_ms(runs);
  const bool are_most = are_evaluations(runs);
  return fmt::format(
      "{} take {:.1f} ms for each step of {:.1f} ms, {} {:.1f} ms",
      are_most ? "evaluations" : "checkpoints", are_most ? evaluation_ms : checkpoint_ms, step_ms,
      are_most ? "checkpoints" : "evaluations", are_most ? checkpoint_ms : evaluation_ms);
}

/// `alone`: one process's runs, of the same blocks.
std::string evidence_of(Factor factor, const Runs& runs, const Runs& alone) {
  const auto median_of = [&](auto value) { return median_ms(runs, value); };
  const auto compute = [](const RunFigures& figures) { return figures.compute_seconds; };
  switch (factor) {
    case Factor::kCompute:
      return fmt::format("a rank computes {:.1f} ms a step, one process by itself {:.1f} ms",
                         median_of(compute), median_ms(alone, compute));
    case Factor::kInput:
      return fmt::format(
          "a rank waits {:.1f} ms a step for its batch",
          median_of([](const auto& f) { return f.own_seconds - f.compute_seconds; }));
    case Factor::kLoadBalance:
      return imbalance_evidence(runs);
    case Factor::kOverlap:
      return fmt::format(
          "the slowest rank waits {:.1f} ms a step for the all-reduce",
          median_of([](const auto& f) { return f.step_seconds - f.max_own_seconds; }));
    case Factor::kAmortised:
      break;
  }
  return pause_evidence(runs);
}

std::string remedy_for(Factor factor, const Runs& runs) {
  switch (factor) {
    case Factor::kCompute:
      return "the ranks share something: cores, memory bandwidth, caches, power; see the row of "
             "one process on all cores";
    case Factor::kInput:
      return "more loader threads (workers), loader: device, or a faster disk";
    case Factor::kLoadBalance:
      return imbalance_remedy(runs);
    case Factor::kOverlap:
      return "a larger batch, compress: bf16, another bucket_mb, or a faster link";
    case Factor::kAmortised:
      break;
  }
  return are_evaluations(runs) ? "evaluate less often: evaluate_every"
                               : "write checkpoints less often: checkpoint_every";
}

}  // namespace

const char* loss_name(Factor factor) {
  constexpr std::array<const char*, kFactors> kNames = {"slower computing", "waiting for batches",
                                                        "unequal ranks", "the all-reduce",
                                                        "pauses between steps"};
  return kNames[static_cast<std::size_t>(factor)];
}

std::vector<Cause> causes_of(const Point& point, const Point& baseline,
                             const std::vector<RunRecord>& records) {
  std::map<int, const RunRecord*> alone;
  for (const RunRecord* run : measured_runs(records, baseline.name)) alone[run->block] = run;
  std::array<std::vector<double>, kFactors> lost;
  Runs runs;
  Runs alone_runs;
  for (const RunRecord* run : measured_runs(records, point.name)) {
    const auto found = alone.find(run->block);
    if (found == alone.end() || !run->figures || !found->second->figures) continue;
    runs.push_back(run);
    alone_runs.push_back(found->second);
    const Shares shares = lost_shares(*found->second->figures, *run->figures, work_of_rank(point));
    for (std::size_t i = 0; i < kFactors; ++i) lost[i].push_back(shares[i]);
  }
  std::vector<Cause> causes;
  for (std::size_t i = 0; i < kFactors && !runs.empty(); ++i) {
    const auto factor = static_cast<Factor>(i);
    const MedianInterval share = median_interval(lost[i]);
    if (share.median < kLeastLostShare || share.low < kLeastLostShare / 2) continue;
    causes.push_back(
        {factor, share, evidence_of(factor, runs, alone_runs), remedy_for(factor, runs), {}});
  }
  std::sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return a.lost_share.median > b.lost_share.median;
  });
  return causes;
}

}  // namespace dplaunch
