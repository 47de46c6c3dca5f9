#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/model/all_reduce_cost.h"
#include "launcher/model/bucket_replay.h"
#include "launcher/model/comm_curve.h"
#include "launcher/model/quantity.h"

namespace dplaunch {

/// What stays the same when processes are added: each one's images of a step (weak), or those of
/// all together (strong).
enum class ScalingMode { kWeak, kStrong };

std::string_view to_word(ScalingMode mode);

/// Step times that were measured on so many processes; a value a run or a turn of the experiment,
/// not a step. Not empty.
struct MeasuredSteps {
  int processes = 1;
  std::vector<double> step_s;
};

struct NetworkOrigins {
  Origin between_bandwidth = Origin::kDefault;
  Origin between_latency = Origin::kDefault;
  Origin within_bandwidth = Origin::kDefault;
  Origin within_latency = Origin::kDefault;
  Origin processes_per_host = Origin::kDefault;
};

/// All that a prediction is made from. Times are of one step of one process that trains alone,
/// unless said otherwise; what is not known stays 0 or empty, and is then no part of the
/// prediction.
struct Profile {
  std::string source;  ///< what was measured where, for people; may be empty
  ScalingMode mode = ScalingMode::kWeak;
  Quantity images_per_step;  ///< 0: unknown, no throughput is predicted

  Quantity forward_s;
  Quantity backward_s;
  Quantity update_s;      ///< also all else that does not shrink with the batch
  Quantity input_wait_s;  ///< for the next batch
  /// An evaluation and a checkpoint, spread over the steps between two of them.
  Quantity evaluation_s;
  Quantity checkpoint_s;

  /// The gradient, in the order in which its parts become ready; ready_s as on one process.
  std::vector<Bucket> buckets;
  Origin gradient_origin = Origin::kDefault;  ///< of the bytes in all
  Origin buckets_origin = Origin::kDefault;   ///< of how they are cut
  Origin ready_origin = Origin::kDefault;

  /// Measured all-reduces, a curve a number of processes. Preferred to `network`.
  std::vector<CommCurve> curves;
  std::optional<Network> network;
  NetworkOrigins network_origins;

  /// How long each rank worked in each step, without what it waited for others: [rank][step]. Their
  /// spread makes the straggler. Not used for the mean.
  std::vector<std::vector<double>> rank_work_s;
  /// Where rank_work_s is empty: the mean of exponential delays that each rank has in each step,
  /// and that the single process's time contains.
  Quantity jitter_s;

  /// In ascending order of processes. Where one process is among them, its median is the step time;
  /// the others tell what the model lacks.
  std::vector<MeasuredSteps> measured;
};

/// Of one process, in seconds.
double sum_of_parts_s(const Profile& profile);

/// One process's step in seconds: as measured, or else its parts' sum. 0 if neither is known.
double single_process_step_s(const Profile& profile);

/// The largest number of processes whose step was measured; 0 if none was.
int largest_measured(const Profile& profile);

}  // namespace dplaunch
