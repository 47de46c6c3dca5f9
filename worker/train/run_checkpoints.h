#pragma once

#include <ATen/core/Tensor.h>

#include "common/run_folder.h"
#include "worker/checkpoint/checkpoint.h"
#include "worker/checkpoint/checkpoint_writer.h"
#include "worker/train/training_setup.h"

namespace dplaunch {

/// The checkpoints of the run that is being trained. All ranks make the same calls; rank 0 writes.
class RunCheckpoints {
 public:
  /// `setup` must outlive this.
  RunCheckpoints(const RunFolder& folder, TrainingSetup& setup) : folder_(folder), setup_(setup) {}

  /// Where the run begins: with `resume`, at its latest checkpoint, which is loaded into the model
  /// and the optimizer, if there is one; best.safetensors is right then. Ranks that have another
  /// checkpoint than rank 0, or none, get rank 0's state. A collective. Throws Error(kUsage) if
  /// rank 0 has none and another has, and what load_checkpoint() throws.
  Progress begin(bool resume);

  /// In the middle of an epoch each rank goes on with its own running statistics, not with the
  /// average, which the model has now: the next save() keeps `own_buffers` of every rank as well. A
  /// collective.
  void keep_rank_buffers(const at::Tensor& own_buffers);

  /// Begins to write; returns when the tensors are copied.
  void save(const Progress& progress, bool is_best);
  /// Until what was begun is written. Throws Error(kStorage).
  void wait() { writer_.wait(); }
  /// The same before an end in failure: what the writing throws is only warned of.
  void finish_writing() noexcept;

 private:
  /// Where a rank begins.
  struct Start {
    Progress progress;
    at::Tensor rank_buffers;  ///< [ranks, values] of the middle of an epoch; else undefined
  };

  Start load_latest();
  bool is_same_on_all(const Progress& start);
  void take_from_rank_0(Start& start);
  bool is_best_lost(const Progress& start);
  CheckpointTensors tensors();

  RunFolder folder_;
  TrainingSetup& setup_;
  CheckpointWriter writer_;
  at::Tensor rank_buffers_;  ///< [ranks, values], for the next save(); else undefined
};

}  // namespace dplaunch
