#include "launcher/model/step_parts.h"

#include <utility>
#include <vector>

#include "base/error.h"

namespace dplaunch {

PartsModel::PartsModel(const Profile& profile, AllReduceAlgorithm algorithm)
    : profile_(profile), algorithm_(algorithm), one_s_(single_process_step_s(profile)) {
  if (!(one_s_ > 0)) {
    throw Error(ExitCode::kUsage, "the step time of one process is not known",
                "measure it, or give it: --step-time 41ms");
  }
  rest_s_ = one_s_ - sum_of_parts_s(profile);
  std::vector<double> work;
  for (const std::vector<double>& rank : profile.rank_work_s) {
    work.insert(work.end(), rank.begin(), rank.end());
  }
  if (!work.empty()) slowest_.emplace(std::move(work));
}

double PartsModel::batch_share(int processes) const {
  return profile_.mode == ScalingMode::kStrong ? 1.0 / processes : 1;
}

double PartsModel::ideal_s(int processes) const {
  return one_s_ * batch_share(processes);
}

StepParts PartsModel::of(int processes) const {
  const double share = batch_share(processes);
  const double fewer_steps_between = profile_.mode == ScalingMode::kStrong ? 1 : processes;
  StepParts parts;
  parts.compute_s = (profile_.forward_s.value + profile_.backward_s.value + rest_s_) * share +
                    profile_.update_s.value;
  parts.input_wait_s = profile_.input_wait_s.value * share;
  parts.exposed_s = replay(processes).exposed_s;
  parts.straggler_s = straggler_s(processes);
  parts.amortised_s =
      profile_.evaluation_s.value * share + profile_.checkpoint_s.value * fewer_steps_between;
  return parts;
}

double PartsModel::all_reduce_s(double bytes, int processes) const {
  if (profile_.curves.empty()) {
    return all_reduce_seconds(algorithm_, bytes, processes, *profile_.network);
  }
  return extrapolated_seconds(nearest_curve(profile_.curves, processes), algorithm_, bytes,
                              processes);
}

Replay PartsModel::replay(int processes) const {
  if (processes == 1 || profile_.buckets.empty()) return {};
  if (profile_.curves.empty() && !profile_.network) {
    throw Error(ExitCode::kUsage,
                "there is a gradient, but nothing says how fast it is all-reduced",
                "give the network: --link 200Gb --latency 5us");
  }
  const double share = batch_share(processes);
  std::vector<Bucket> buckets = profile_.buckets;
  for (Bucket& bucket : buckets) bucket.ready_s *= share;
  return replay_buckets(buckets, profile_.backward_s.value * share,
                        [&](double bytes) { return all_reduce_s(bytes, processes); });
}

double PartsModel::straggler_s(int processes) const {
  if (slowest_) return slowest_->of(processes) - slowest_->mean();
  return profile_.jitter_s.value * (harmonic(processes) - 1);
}

}  // namespace dplaunch
