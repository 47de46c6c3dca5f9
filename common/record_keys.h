#pragma once

#include <cstdint>
#include <filesystem>

namespace dplaunch {

// The keys of the records that one program writes and the other reads. Those that a user's
// programs may rely on are explained in docs/run-folder.md.

/// The version of launch.json, summary.json, evaluation.json and of a checkpoint's metadata, under
/// `kFormatVersion` in each. A reader takes records without it (of dplaunch 0.1.0 before it was
/// written) and refuses those of a higher one.
inline constexpr int kRecordFormat = 1;
inline constexpr char kFormatVersion[] = "format_version";

/// In launch.json and in summary.json: which start of the run they are of.
inline constexpr char kStartId[] = "start_id";

/// Throws Error(kStorage) for a record of a higher version: its keys may mean other things.
void refuse_newer(std::int64_t version, const std::filesystem::path& file);

/// summary.json: rank 0 writes the result of the training, the launcher adds how the job ended.
namespace summary_key {
inline constexpr char kStatus[] = "status";  ///< "finished"
inline constexpr char kEpochs[] = "epochs";  ///< done
inline constexpr char kSteps[] = "steps";    ///< done
inline constexpr char kSeconds[] = "seconds";
inline constexpr char kFinalSet[] = "final_set";    ///< "test" or "validation"
inline constexpr char kFinalTop1[] = "final_top1";  ///< percent
inline constexpr char kDevice[] = "device";         ///< "CPU, 1 thread"
inline constexpr char kWorldSize[] = "world_size";
inline constexpr char kTotalBatch[] = "total_batch";
inline constexpr char kParameters[] = "parameters";  ///< of the model
inline constexpr char kSyntheticData[] = "synthetic_data";
inline constexpr char kImagesPerSecond[] = "images_per_second";
inline constexpr char kTrainSeconds[] = "train_seconds";
/// How long training waited for its latest checkpoint, which is written beside it.
inline constexpr char kCheckpointSeconds[] = "checkpoint_seconds";
inline constexpr char kPeakMemoryBytes[] = "peak_memory_bytes";
inline constexpr char kBestTop1[] = "best_top1";       ///< percent
inline constexpr char kBestEpoch[] = "best_epoch";     ///< counted from 1
inline constexpr char kHeldBackBy[] = "held_back_by";  ///< sentences
inline constexpr char kJob[] = "job";                  ///< the launcher's part
}  // namespace summary_key

/// A line of metrics.jsonl. The figures of an evaluation stand under the set's name and these.
namespace metrics_key {
inline constexpr char kEpoch[] = "epoch";    ///< counted from 1
inline constexpr char kImages[] = "images";  ///< trained on in it, by all ranks
inline constexpr char kTrainLoss[] = "train_loss";
inline constexpr char kTrainTop1[] = "train_top1";  ///< percent
inline constexpr char kLr[] = "lr";
inline constexpr char kImagesPerSecond[] = "images_per_second";
inline constexpr char kTrainSeconds[] = "train_seconds";
/// Shares of train_seconds, the mean over the ranks.
inline constexpr char kShareDataWait[] = "share_data_wait";
inline constexpr char kShareForward[] = "share_forward";
inline constexpr char kShareBackward[] = "share_backward";
inline constexpr char kShareAllReduce[] = "share_all_reduce";
inline constexpr char kShareUpdate[] = "share_update";
inline constexpr char kRankSkew[] = "rank_skew";  ///< the slowest rank's own time over the mean
inline constexpr char kSlowestRank[] = "slowest_rank";
inline constexpr char kEvaluationSeconds[] = "evaluation_seconds";
inline constexpr char kCheckpointSeconds[] = "checkpoint_seconds";  ///< of that before this epoch
inline constexpr char kSeconds[] = "seconds";  ///< of the epoch, with its evaluation
inline constexpr char kTestTop1[] = "test_top1";
/// What stands behind "test" or "validation".
inline constexpr char kLossOf[] = "_loss";
inline constexpr char kTop1Of[] = "_top1";  ///< percent
inline constexpr char kTop5Of[] = "_top5";  ///< percent
}  // namespace metrics_key

}  // namespace dplaunch
