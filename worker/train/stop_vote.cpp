#include "worker/train/stop_vote.h"

#include <ATen/ops/full.h>

#include "worker/stop_request.h"

namespace dplaunch {

StopVote::StopVote(ProcessGroup& group, at::Device device) : group_(group), device_(device) {}

bool StopVote::is_stop_wanted() {
  const bool am_asked = StopRequest::signal() != 0;
  if (group_.size() == 1) return am_asked;
  if (!device_.is_cpu() && ++calls_ % kCallsPerVoteOnGpu != 0) return false;
  at::Tensor votes = at::full({1}, am_asked ? 1 : 0, at::TensorOptions().dtype(at::kInt));
  votes = votes.to(device_);
  group_.all_reduce_sum(votes);
  return votes.item<int>() > 0;
}

}  // namespace dplaunch
