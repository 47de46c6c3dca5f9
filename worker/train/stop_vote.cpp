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

StopVote::StopVote(ProcessGroup& group, at::Device device)
    : group_(group), device_(device), answer_(number_on_the_host()) {}

bool StopVote::vote_to_stop() {
  if (group_.size() == 1) return is_wanted(own_vote());
  if (device_.is_cpu()) {
    ask();
    return answer();
  }
  if (calls_++ % kCallsPerVoteOnGpu != 0) return false;
  const bool is_asked = sum_.defined() && answer();
  ask();
  return is_asked;
}

void StopVote::ask() {
  sum_ = at::full({1}, own_vote(), at::TensorOptions().dtype(at::kInt).device(device_));
  group_.all_reduce_sum(sum_);
  answer_.copy_(sum_, /*non_blocking=*/true);
  answered_.record();
}

bool StopVote::answer() {
  answered_.wait();
  return is_wanted(*answer_.const_data_ptr<std::int32_t>());
}

bool StopVote::is_wanted(std::int32_t sum) {
  if (sum >= kPreempted) is_preemption_ = true;
  return sum > 0;
}

}  // namespace dplaunch
