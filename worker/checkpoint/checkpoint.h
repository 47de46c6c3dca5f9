#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/checkpoint_format.h"
#include "common/config/config.h"
#include "common/run_folder.h"
#include "worker/checkpoint/progress.h"

namespace dplaunch {

/// The tensors of a run, by name; loading copies into them.
struct CheckpointTensors {
  std::vector<std::pair<std::string, at::Tensor>> model;      ///< stored under their names
  std::vector<std::pair<std::string, at::Tensor>> optimizer;  ///< stored as "optimizer.<name>"
};

/// The same values in host memory of their own. Each kind of tensor crosses in one copy.
CheckpointTensors host_copy(const CheckpointTensors& tensors);

/// Writes `checkpoints/epoch-NNNN.safetensors` (docs/checkpoint.md describes the bytes), then does
/// what publish_checkpoint() does. Throws Error(kStorage); earlier checkpoints stay whole. Call it
/// on one rank only.
void save_checkpoint(const RunFolder& folder, const Config& config, const Progress& progress,
                     const CheckpointTensors& tensors, bool is_best);

/// The rank buffers in a checkpoint, on the CPU; nullopt if it has none of `ranks` ranks and
/// `values` values each: it is of the end of an epoch, or of another number of ranks. Throws as
/// below.
std::optional<at::Tensor> load_rank_buffers(const std::filesystem::path& file, std::int64_t ranks,
                                            std::int64_t values);

/// Copies a checkpoint into the tensors. Throws Error(kStorage) for a damaged file, a checkpoint of
/// another model or optimizer (naming the first tensor that differs), with the tensors in an
/// unspecified state.
Progress load_checkpoint(const std::filesystem::path& file, const Config& config,
                         const CheckpointTensors& tensors);

/// Copies the model's tensors alone, of a checkpoint or of what `dplaunch export` made of one: bf16
/// is widened, an optimizer's state left. Throws as above.
void load_model(const std::filesystem::path& file, const Config& config,
                const std::vector<std::pair<std::string, at::Tensor>>& model);

}  // namespace dplaunch
