#pragma once

#include <ATen/core/Tensor.h>

#include "worker/distributed/process_group.h"

namespace dplaunch {

/// Lets all ranks stop after the same step. Signals reach them at different moments; a rank that
/// stopped alone would leave the others waiting in the next all-reduce for ever.
class StopVote {
 public:
  StopVote(ProcessGroup& group, at::Device device);

  /// Whether any rank has been asked to stop (StopRequest). A collective: call it on all ranks
  /// after the same step. On a GPU, where an answer means waiting for the device, only every
  /// `kCallsPerVoteOnGpu`-th call asks; the others say no.
  bool is_stop_wanted();

  static constexpr int kCallsPerVoteOnGpu = 16;

 private:
  ProcessGroup& group_;
  at::Device device_;
  int calls_ = 0;
};

}  // namespace dplaunch
