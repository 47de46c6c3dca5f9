#pragma once

#include <ATen/core/Tensor.h>

#include "worker/device/device.h"
#include "worker/distributed/process_group.h"

namespace dplaunch {

/// Lets all ranks stop after the same step. Signals reach them at different moments; a rank that
/// stopped alone would leave the others waiting in the next all-reduce for ever.
class StopVote {
 public:
  StopVote(ProcessGroup& group, at::Device device);

  /// Whether any rank has been asked to stop (StopRequest). A collective: call it on all ranks
  /// after the same step. On a GPU only every `kCallsPerVoteOnGpu`-th call asks, and its answer is
  /// what the vote before it found, which has long been there: nobody waits for the device.
  bool is_stop_wanted();

  static constexpr int kCallsPerVoteOnGpu = 16;

 private:
  void ask();
  bool answer();

  ProcessGroup& group_;
  at::Device device_;
  at::Tensor votes_;   ///< int32 [1] on the device, of the latest vote; undefined before the first
  at::Tensor answer_;  ///< int32 [1] on the host, where the device writes it
  device::Fence answered_;
  int calls_ = 0;
};

}  // namespace dplaunch
