#pragma once

#include <cstdint>
#include <filesystem>

namespace dplaunch {

// The keys of the records that one program writes and the other reads. Those that a user's
// programs may rely on are explained in docs/usage.md.

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
inline constexpr char kJob[] = "job";               ///< the launcher's part
}  // namespace summary_key

/// A line of metrics.jsonl. The figures of an evaluation stand under the set's name and these.
namespace metrics_key {
inline constexpr char kEpoch[] = "epoch";  ///< counted from 1
inline constexpr char kTrainLoss[] = "train_loss";
inline constexpr char kImagesPerSecond[] = "images_per_second";
inline constexpr char kSeconds[] = "seconds";  ///< of the epoch, with its evaluation
inline constexpr char kTestTop1[] = "test_top1";
}  // namespace metrics_key

}  // namespace dplaunch
