#include "base/error.h"
#include "worker/device/fused_norm.h"

namespace dplaunch::device {
namespace {

[[noreturn]] void refuse() {
  throw Error(ExitCode::kUsage, "fused_norm: on: there is none for GPUs", "leave it at auto");
}

}  // namespace

bool is_norm_fused_by_default() {
  return false;
}

NormResult norm_training(const NormCall& /*call*/, const RunningStatistics& /*running*/) {
  refuse();
}

at::Tensor norm_evaluation(const NormCall& /*call*/, const RunningStatistics& /*running*/) {
  refuse();
}

NormGradients norm_backward(const NormBackward& /*of*/) {
  refuse();
}

}  // namespace dplaunch::device
