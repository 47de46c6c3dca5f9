#pragma once

namespace dplaunch {

// What a checkpoint's names mean (docs/checkpoint.md). The worker writes and reads all of them, the
// launcher reads some to evaluate, resume or export a checkpoint.

/// Stands before the names of tensors that are not the model's own.
inline constexpr char kOptimizerPrefix[] = "optimizer.";

/// The name behind kOptimizerPrefix of each rank's own buffers in the middle of an epoch: fp32
/// [ranks, values].
inline constexpr char kRankBuffers[] = "rank_buffers";

/// The keys of a checkpoint's metadata, whose values are text.
namespace checkpoint_key {
inline constexpr char kFormat[] = "format";  ///< "pt": the tensors are named as PyTorch does
inline constexpr char kDplaunchVersion[] = "dplaunch_version";
inline constexpr char kTorchVersion[] = "torch_version";
inline constexpr char kModel[] = "model";
inline constexpr char kOptimizer[] = "optimizer";
inline constexpr char kSeed[] = "seed";
inline constexpr char kConfig[] = "config";  ///< the whole configuration as YAML
inline constexpr char kEpoch[] = "epoch";    ///< finished epochs
inline constexpr char kStep[] = "step";      ///< optimisation steps of the whole run
inline constexpr char kImagesInEpoch[] = "images_in_epoch";  ///< of the unfinished epoch, all ranks
inline constexpr char kBestEpoch[] = "best_epoch";           ///< counted from 1; 0 = none yet
inline constexpr char kBestStep[] = "best_step";             ///< `step` of the best
inline constexpr char kBestTop1[] = "best_top1";             ///< percent
// Sums of the unfinished epoch over all ranks.
inline constexpr char kEpochLossSum[] = "epoch_loss_sum";
inline constexpr char kEpochCorrect[] = "epoch_correct";
inline constexpr char kEpochTrainSeconds[] = "epoch_train_seconds";
}  // namespace checkpoint_key

}  // namespace dplaunch
