#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
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
  /// collective: call it on all ranks after the same step. On a GPU the answer is what the call
  /// `kCallsAhead` calls ago asked, which is there by now unless the host runs further ahead of the
  /// device: it hardly waits.
  bool vote_to_stop();

  /// Whether any rank that had been asked to stop had been by the preempt signal. The same on all.
  bool is_preemption() const { return is_preemption_; }

  static constexpr std::size_t kCallsAhead = 4;

 private:
  struct Vote {
    at::Tensor sum;     ///< int32 [1] on the device: of own_vote(); undefined before the first
    at::Tensor answer;  ///< int32 [1] on the host, where the device writes it
    device::Fence answered;
  };
  void ask(Vote& vote);
  bool answer(Vote& vote);
  bool is_wanted(std::int32_t sum);

  ProcessGroup& group_;
  at::Device device_;
  std::array<Vote, kCallsAhead> votes_;
  std::size_t calls_ = 0;
  bool is_preemption_ = false;
};

}  // namespace dplaunch
