#pragma once

#include <torch/csrc/distributed/c10d/comm.hpp>

namespace dplaunch {

/// What travels of a bucket of one of so many ranks: its values by their number, in bf16. Divided
/// in fp32 and rounded once; the sum is rounded again at each step of the all-reduce.
at::Tensor compressed(const at::Tensor& bucket, int ranks);
at::Tensor expanded(const at::Tensor& sum);

/// Averages each bucket of gradients as bf16: half the bytes on the way, at 8 bits of precision;
/// bf16 has fp32's range, so nothing overflows. Parameters and updates stay fp32.
class Bf16AllReduce : public c10d::CppCommHookInterface<c10::intrusive_ptr<c10d::ProcessGroup>> {
 public:
  using CppCommHookInterface::CppCommHookInterface;

  c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket& bucket) override;
  at::Tensor parseHookResult(const c10::IValue& result) override;
};

}  // namespace dplaunch
