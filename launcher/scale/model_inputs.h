#pragma once

#include <map>
#include <string>
#include <vector>

#include "launcher/model/bucket_replay.h"
#include "launcher/model/comm_curve.h"
#include "launcher/scale/experiment.h"
#include "launcher/scale/run_record.h"

namespace dplaunch {

/// What the all-reduce of the largest group takes by itself, in one block of the experiment.
struct GroupCost {
  CommCurve fp32;  ///< no points: not measured
  CommCurve bf16;
  double compress_s = 0;  ///< to make a whole gradient bf16 and fp32 again
};

/// What the model is made of beside the figures of the runs.
struct ModelInputs {
  std::map<int, GroupCost> group_cost;  ///< by block
  /// By RunRecord::run: the gradients of one backward pass, in the order in which they become
  /// ready; of several ranks when the last one has it.
  std::map<std::string, std::vector<Bucket>> gradients;
  /// By RunRecord::run: how many seconds each rank worked in each steady step, without what it
  /// waited for others.
  std::map<std::string, std::vector<std::vector<double>>> rank_work;
};

/// Of the experiment's folder. What is not there is left out. Throws Error(kStorage) for a file
/// that is something else.
ModelInputs read_model_inputs(const Experiment& experiment, const std::vector<RunRecord>& records);

}  // namespace dplaunch
