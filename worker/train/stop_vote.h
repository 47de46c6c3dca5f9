#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "worker/device/device.h"
#include "worker/distributed/process_group.h"

namespace dplaunch {

/// Lets all ranks stop after the same step. Signals reach them at different moments; a rank that
/// stopped alone would leave the others waiting in the next all-reduce forever.
class StopVote {
 public:
  StopVote(ProcessGroup& group, at::Device device);

  /// Says whether this rank has been asked to stop (StopRequest), and returns whether any has. A
  /// collective: call it on all ranks after the same step. On a GPU one call in
  /// `kCallsPerVoteOnGpu` votes, and reads the vote before, whose answer is there by now unless the
  /// host runs further ahead of the device: it hardly waits. The calls between do nothing.
  bool vote_to_stop();

  /// Whether any rank that had been asked to stop had been by the preempt signal. The same on all.
  bool is_preemption() const { return is_preemption_; }

  static constexpr std::int64_t kCallsPerVoteOnGpu = 4;

 private:
  void ask();
  bool answer();
  bool is_wanted(std::int32_t sum);

  ProcessGroup& group_;
  at::Device device_;
  at::Tensor sum_;     ///< int32 [1] on the device: of own_vote(); undefined before the first
  at::Tensor answer_;  ///< int32 [1] on the host, where the device writes it
  device::Fence answered_;
  std::int64_t calls_ = 0;
  bool is_preemption_ = false;
};

}  // namespace dplaunch
