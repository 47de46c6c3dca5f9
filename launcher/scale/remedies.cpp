#include "launcher/scale/remedies.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "launcher/scale/analysis.h"
#include "launcher/scale/input_gain.h"
#include "launcher/scale/overlap_gain.h"

namespace dplaunch {
namespace {

std::vector<const RunRecord*> runs_with_figures(const std::vector<RunRecord>& records,
                                                const Point& point) {
  std::vector<const RunRecord*> runs = measured_runs(records, point.name);
  std::erase_if(runs, [](const RunRecord* run) { return !run->figures; });
  return runs;
}

/// nullopt where not all of it was measured.
std::optional<ExchangingJob> exchanging_job(const RunRecord& run, const Point& point,
                                            const ModelInputs& inputs) {
  const auto gradients = inputs.gradients.find(run.run);
  const auto cost = inputs.group_cost.find(run.block);
  if (gradients == inputs.gradients.end() || cost == inputs.group_cost.end()) return std::nullopt;
  return ExchangingJob{*run.figures, gradients->second, cost->second, point.processes};
}

std::vector<ExchangingJob> exchanging_jobs(const std::vector<RunRecord>& records,
                                           const Point& point, const ModelInputs& inputs) {
  std::vector<ExchangingJob> jobs;
  for (const RunRecord* run : runs_with_figures(records, point)) {
    if (const auto job = exchanging_job(*run, point, inputs)) jobs.push_back(*job);
  }
  return jobs;
}

Exchange exchange_of(const Config& config) {
  return {config.bucket_mb * kMegabyteBytes, config.compress == "bf16"};
}

std::optional<double> exposed_s(const std::optional<ExchangingJob>& job, const Exchange& exchange) {
  if (!job || !is_known(*job, exchange)) return std::nullopt;
  return replay_exchange(*job, exchange).exposed_s;
}

std::optional<Remedy> remedy_of_exchange(const std::vector<ExchangingJob>& jobs,
                                         const Exchange& now, const Exchange& then,
                                         const std::string& key, const std::string& value) {
  std::vector<Gain> gains;
  for (const ExchangingJob& job : jobs) {
    if (!is_known(job, now) || !is_known(job, then)) continue;
    gains.push_back(gain_of_exchange(job, now, then));
  }
  if (gains.empty()) return std::nullopt;
  return remedy_of(key, value, gains);
}

std::vector<Remedy> against_the_all_reduce(const Config& config,
                                           const std::vector<ExchangingJob>& jobs) {
  std::vector<Remedy> remedies;
  if (jobs.empty()) return remedies;
  const Exchange now = exchange_of(config);
  const auto add = [&](const std::optional<Remedy>& remedy) {
    if (remedy) remedies.push_back(*remedy);
  };
  if (!now.is_compressed) {
    add(remedy_of_exchange(jobs, now, {now.bucket_bytes, true}, "compress", "bf16"));
  }
  std::optional<Remedy> best;
  for (const double bytes : other_bucket_bytes(jobs.front().gradients, now.bucket_bytes)) {
    const auto remedy = remedy_of_exchange(jobs, now, {bytes, now.is_compressed}, "bucket_mb",
                                           fmt::format("{:g}", bytes / kMegabyteBytes));
    if (remedy && (!best || remedy->gain > best->gain)) best = remedy;
  }
  add(best);
  return remedies;
}

int cores_of_rank(const Experiment& experiment, const Point& point) {
  if (experiment.is_cpu()) return experiment.cores_per_process;
  return std::max(1, experiment.usable_cores / point.processes);
}

/// On the CPU threads load, unless the device is to do it; on a GPU they do only if that is said.
bool has_loader_threads(const Experiment& experiment) {
  const std::string& loader = experiment.config.loader;
  return loader == "host" || (loader == "auto" && experiment.is_cpu());
}

std::vector<Remedy> against_waiting_for_batches(const Experiment& experiment, const Point& point,
                                                const std::vector<const RunRecord*>& runs,
                                                const ModelInputs& inputs) {
  const int cores = cores_of_rank(experiment, point);
  if (!has_loader_threads(experiment) || cores == 0 || runs.empty()) return {};
  const auto wanted =
      static_cast<int>((experiment.config.workers + point.processes - 1) / point.processes);
  const int now = std::min(wanted, cores);
  const Exchange exchange = exchange_of(experiment.config);
  std::vector<StarvedRank> ranks;
  for (const RunRecord* run : runs) {
    const double busy = run->cpu_seconds / run->wall_seconds / point.processes;
    const double others = run->interference.other_cores / point.processes;
    const auto job = exchanging_job(*run, point, inputs);
    ranks.push_back({*run->figures, now, cores, busy, others, exposed_s(job, exchange)});
  }
  int threads = 0;
  for (const StarvedRank& rank : ranks) threads = std::max(threads, enough_threads(rank));
  if (threads <= now) return {};
  std::vector<Gain> gains;
  for (const StarvedRank& rank : ranks) gains.push_back(gain_of_threads(rank, threads));
  return {remedy_of("workers", std::to_string(threads * point.processes), gains)};
}

/// A pause after every so many epochs; 0: only at the end.
std::optional<Remedy> half_as_often(const std::string& key, std::int64_t every,
                                    double RunFigures::*pause, const Config& config,
                                    const std::vector<const RunRecord*>& runs) {
  std::vector<Gain> gains;
  for (const RunRecord* run : runs) {
    const double half = (*run->figures).*pause / 2 / run->figures->whole_seconds();
    gains.push_back({half, half, half});
  }
  if (every == 0 || 2 * every > config.epochs || gains.empty()) return std::nullopt;
  return remedy_of(key, std::to_string(2 * every), gains);
}

std::vector<Remedy> against_pauses(const Config& config,
                                   const std::vector<const RunRecord*>& runs) {
  std::vector<Remedy> remedies;
  for (const auto& remedy : {half_as_often("evaluate_every", config.evaluate_every,
                                           &RunFigures::evaluation_seconds, config, runs),
                             half_as_often("checkpoint_every", config.checkpoint_every,
                                           &RunFigures::checkpoint_seconds, config, runs)}) {
    if (remedy) remedies.push_back(*remedy);
  }
  return remedies;
}

}  // namespace

std::vector<Remedy> remedies_of(Factor factor, const Experiment& experiment, const Point& point,
                                const std::vector<RunRecord>& records, const ModelInputs& inputs) {
  switch (factor) {
    case Factor::kOverlap:
      return against_the_all_reduce(experiment.config, exchanging_jobs(records, point, inputs));
    case Factor::kInput:
      return against_waiting_for_batches(experiment, point, runs_with_figures(records, point),
                                         inputs);
    case Factor::kAmortised:
      return against_pauses(experiment.config, runs_with_figures(records, point));
    case Factor::kCompute:
    case Factor::kLoadBalance:
      break;
  }
  return {};
}

}  // namespace dplaunch
