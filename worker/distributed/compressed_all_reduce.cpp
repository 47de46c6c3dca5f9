#include "worker/distributed/compressed_all_reduce.h"

#include <vector>

namespace dplaunch {

at::Tensor compressed(const at::Tensor& bucket, int ranks) {
  return bucket.div(ranks).to(at::kBFloat16);
}

at::Tensor expanded(const at::Tensor& sum) {
  return sum.to(at::kFloat);
}

c10::intrusive_ptr<c10::ivalue::Future> Bf16AllReduce::runHook(c10d::GradBucket& bucket) {
  std::vector<at::Tensor> tensors = {compressed(bucket.getBuffer(), state_->getSize())};
  return state_->allreduce(tensors)->getFuture();
}

at::Tensor Bf16AllReduce::parseHookResult(const c10::IValue& result) {
  return expanded(result.toTensorVector().front());
}

}  // namespace dplaunch
