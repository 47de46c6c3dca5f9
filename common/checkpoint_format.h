#pragma once

namespace dplaunch {

/// In a checkpoint, what stands before the names of tensors that are not the model's own
/// (docs/checkpoint.md).
inline constexpr char kOptimizerPrefix[] = "optimizer.";

}  // namespace dplaunch
