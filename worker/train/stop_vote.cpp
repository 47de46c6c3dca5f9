#include "worker/train/stop_vote.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

#include <cstdint>
#include <memory>

#include "worker/process/stop_request.h"

namespace dplaunch {
namespace {

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
  if (group_.size() == 1) return StopRequest::signal() != 0;
  if (device_.is_cpu()) {
    ask(votes_[0]);
    return answer(votes_[0]);
  }
  // The oldest vote has been answered long ago; its tensors then take the new one.
  Vote& oldest = votes_[calls_++ % votes_.size()];
  const bool is_wanted = oldest.sum.defined() && answer(oldest);
  ask(oldest);
  return is_wanted;
}

void StopVote::ask(Vote& vote) {
  const int mine = StopRequest::signal() != 0 ? 1 : 0;
  vote.sum = at::full({1}, mine, at::TensorOptions().dtype(at::kInt).device(device_));
  group_.all_reduce_sum(vote.sum);
  vote.answer.copy_(vote.sum, /*non_blocking=*/true);
  vote.answered.record();
}

bool StopVote::answer(Vote& vote) {
  vote.answered.wait();
  return *vote.answer.const_data_ptr<std::int32_t>() > 0;
}

}  // namespace dplaunch
