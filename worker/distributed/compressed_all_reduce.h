#pragma once

#include <torch/csrc/distributed/c10d/comm.hpp>

namespace dplaunch {

/// Averages each bucket of gradients as bf16: half the bytes on the way, at 8 bits of precision;
/// bf16 has fp32's range, so nothing overflows. Parameters and updates stay fp32.
class Bf16AllReduce : public c10d::CppCommHookInterface<c10::intrusive_ptr<c10d::ProcessGroup>> {
 public:
  using CppCommHookInterface::CppCommHookInterface;

  c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket& bucket) override;
  at::Tensor parseHookResult(const c10::IValue& result) override;
};

}  // namespace dplaunch
