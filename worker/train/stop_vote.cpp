#include "worker/train/stop_vote.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

#include <cstdint>
#include <memory>

#include "worker/process/stop_request.h"

namespace dplaunch {
namespace {

/// More than the votes of all ranks that only want to stop: their sum says whether one was
/// preempted.
constexpr std::int32_t kPreempted = 1 << 16;

std::int32_t own_vote() {
  if (StopRequest::signal() == 0) return 0;
  return StopRequest::is_preemption() ? kPreempted : 1;
}

/// In memory from the device's allocator: into any other the copy would wait for the device.
at::Tensor number_on_the_host() {
  const std::shared_ptr<void> memory = device::allocate_host_memory(sizeof(std::int32_t));
  return at::from_blob(
      memory.get(), {1}, [memory](void*) {}, at::kInt);
}

}  // namespace

StopVote::StopVote(ProcessGroup& group, at::Device device) : group_(group), device_(device) {
  for (Vote& vote : votes_) vote.answer = number_on_the_host();
}

bool StopVote::vote_to_stop() {
  if (group_.size() == 1) return is_wanted(own_vote());
  if (device_.is_cpu()) {
    ask(votes_[0]);
    return answer(votes_[0]);
  }
  // The oldest vote has been answered long ago; its tensors then take the new one.
  Vote& oldest = votes_[calls_++ % votes_.size()];
  const bool is_asked = oldest.sum.defined() && answer(oldest);
  ask(oldest);
  return is_asked;
}

void StopVote::ask(Vote& vote) {
  vote.sum = at::full({1}, own_vote(), at::TensorOptions().dtype(at::kInt).device(device_));
  group_.all_reduce_sum(vote.sum);
  vote.answer.copy_(vote.sum, /*non_blocking=*/true);
  vote.answered.record();
}

bool StopVote::answer(Vote& vote) {
  vote.answered.wait();
  return is_wanted(*vote.answer.const_data_ptr<std::int32_t>());
}

bool StopVote::is_wanted(std::int32_t sum) {
  if (sum >= kPreempted) is_preemption_ = true;
  return sum > 0;
}

}  // namespace dplaunch
