#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/files/mapped_file.h"
#include "base/files/unique_fd.h"

namespace dplaunch {

enum class Phase : std::int32_t {
  kStarting = 0,  ///< the zero of a fresh board
  kRendezvous,
  kPreparing,  ///< the ranks have met: first collectives, memory, checkpoint
  kTraining,
  kEvaluating,
  kCheckpointing,
  kFinished,
};

const char* phase_name(Phase phase);

/// What a rank is at within a step, in the order in which a step goes. Ranks meet in `kBackward`,
/// where gradients are all-reduced: one that hangs is earlier in this order than those that wait.
enum class Activity : std::int32_t {
  kNone = 0,
  kData,      ///< waits for its next batch
  kForward,   ///< computes alone
  kBackward,  ///< computes, and exchanges gradients with the others
  kUpdate,    ///< applies the gradients
};

const char* activity_name(Activity activity);

/// What one rank last said of itself.
struct RankStatus {
  Phase phase = Phase::kStarting;
  std::int64_t epoch = 0;   ///< counted from 0
  std::int64_t epochs = 0;  ///< planned in all
  std::int64_t step = 0;    ///< finished in this epoch
  std::int64_t steps_per_epoch = 0;
  std::int64_t images = 0;              ///< trained on since the start, by this rank
  std::int64_t updated_ns = 0;          ///< monotonic_ns() of the write; 0 = never written
  double loss = 0;                      ///< the latest that was read back
  Activity activity = Activity::kNone;  ///< within step `step` + 1
  double images_per_second = 0;         ///< of this rank alone, over its last steps
};

/// A small file, one slot a rank, that workers write through memory, without system calls, and the
/// launcher reads. Neither writing nor reading blocks, and a reader gets whole updates only, also
/// from a writer that was halted or killed in the middle of one. A file that is cut short is no
/// harm to a reader; a writer then ends as explain_lost_pages() says. Thread safety: one writer per
/// slot, any number of readers in any process.
class StatusBoard {
 public:
  /// Makes the file with `world_size` empty slots, replacing an older one. Throws Error(kStorage).
  static StatusBoard create(const std::filesystem::path& path, int world_size);
  /// An existing board, of anybody who lets it be read. Throws Error(kStorage) if it is not one.
  static StatusBoard open(const std::filesystem::path& path);
  static StatusBoard open_to_write(const std::filesystem::path& path);

  int world_size() const { return world_size_; }
  /// Not of a board from open(). Stamps `updated_ns` itself.
  void write(int rank, RankStatus status);
  /// Counts are within 0 and kMaxCount, so that one may multiply two of them, whatever the file
  /// holds. Of a file that can no longer be read: as if never written.
  RankStatus read(int rank) const;
  static constexpr std::int64_t kMaxCount = 2'000'000'000;

 private:
  StatusBoard(std::filesystem::path path, UniqueFd fd, int world_size);
  void map_to_write();

  std::filesystem::path path_;
  UniqueFd fd_;
  int world_size_ = 0;
  std::optional<MappedFile> mapping_;  ///< of a writer
};

}  // namespace dplaunch
