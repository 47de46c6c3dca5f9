#include "worker/distributed/compressed_all_reduce.h"

#include <vector>

namespace dplaunch {

c10::intrusive_ptr<c10::ivalue::Future> Bf16AllReduce::runHook(c10d::GradBucket& bucket) {
  // Divided in fp32 and rounded once; the sum is rounded again at each step of the all-reduce.
  std::vector<at::Tensor> tensors = {bucket.getBuffer().div(state_->getSize()).to(at::kBFloat16)};
  return state_->allreduce(tensors)->getFuture();
}

at::Tensor Bf16AllReduce::parseHookResult(const c10::IValue& result) {
  return result.toTensorVector().front().to(at::kFloat);
}

}  // namespace dplaunch
