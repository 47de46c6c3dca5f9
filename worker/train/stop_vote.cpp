#include "worker/train/stop_vote.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

#include "worker/stop_request.h"

namespace dplaunch {
namespace {

at::Tensor number_on_the_host() {
  const std::shared_ptr<void> memory = device::allocate_host_memory(sizeof(std::int32_t));
  return at::from_blob(
      memory.get(), {1}, [memory](void*) {}, at::kInt);
}

}  // namespace

StopVote::StopVote(ProcessGroup& group, at::Device device)
    : group_(group), device_(device), answer_(number_on_the_host()) {}

bool StopVote::is_stop_wanted() {
  if (group_.size() == 1) return StopRequest::signal() != 0;
  if (device_.is_cpu()) {
    ask();
    return answer();
  }
  if (++calls_ % kCallsPerVoteOnGpu != 0) return false;
  const bool is_wanted = votes_.defined() && answer();
  ask();
  return is_wanted;
}

void StopVote::ask() {
  const int mine = StopRequest::signal() != 0 ? 1 : 0;
  votes_ = at::full({1}, mine, at::TensorOptions().dtype(at::kInt).device(device_));
  group_.all_reduce_sum(votes_);
  answer_.copy_(votes_, /*non_blocking=*/true);
  answered_.record();
}

bool StopVote::answer() {
  answered_.wait();
  return *answer_.const_data_ptr<std::int32_t>() > 0;
}

}  // namespace dplaunch
