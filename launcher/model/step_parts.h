#pragma once

#include <optional>

#include "launcher/model/profile.h"
#include "launcher/model/straggler.h"

namespace dplaunch {

/// The parts of a step, in seconds. All of them are predictions.
struct StepParts {
  double compute_s = 0;
  double input_wait_s = 0;
  double exposed_s = 0;      ///< of the gradients' all-reduce: not hidden behind the backward pass
  double straggler_s = 0;    ///< for the slowest rank
  double amortised_s = 0;    ///< evaluation and checkpoints
  double unexplained_s = 0;  ///< what the measurements show and the parts do not; may be negative

  double total() const {
    return compute_s + input_wait_s + exposed_s + straggler_s + amortised_s + unexplained_s;
  }
};

/// What the parts of a profile become on N processes:
///
/// compute: forward, backward, update, and what one process's measured step has beyond its parts;
/// of strong scaling all but the update is 1/N. Input wait and the evaluation, which is sharded,
/// are alike. A checkpoint is written by one rank while all wait: its share of a step grows as N
/// where N times fewer steps lie between two of them (weak). exposed: replay_buckets() with the
/// measured curves or the network. straggler: the ExpectedMaximum of the ranks' work less its mean,
/// or of jitter_s times harmonic(N) - 1.
class PartsModel {
 public:
  /// Throws Error(kUsage) if no step time of one process is known. Refers to the profile.
  PartsModel(const Profile& profile, AllReduceAlgorithm algorithm);

  /// unexplained_s is 0. Throws Error(kUsage) for several processes with a gradient but neither
  /// curves nor a network.
  StepParts of(int processes) const;
  /// The step without any loss: T(1), or T(1) / N of strong scaling.
  double ideal_s(int processes) const;
  /// What of(processes) is longer than that.
  double lost_s(int processes) const { return of(processes).total() - ideal_s(processes); }
  /// How the gradient's all-reduces go.
  Replay replay(int processes) const;

 private:
  double batch_share(int processes) const;
  double all_reduce_s(double bytes, int processes) const;
  double straggler_s(int processes) const;

  const Profile& profile_;
  AllReduceAlgorithm algorithm_;
  double one_s_;
  double rest_s_;  ///< of the measured step, beyond the parts
  std::optional<ExpectedMaximum> slowest_;
};

}  // namespace dplaunch
