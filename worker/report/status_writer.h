#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "common/rank_environment.h"
#include "common/status_board.h"

namespace dplaunch {

/// Reports to the launcher what this rank is at, through its slot of the status board: a few stores
/// to memory, no system call. Without a board (a worker started by hand) it does nothing.
class StatusWriter {
 public:
  StatusWriter(std::optional<StatusBoard> board, int local_rank)
      : board_(std::move(board)), local_rank_(local_rank) {}
  /// On the launcher's board, if there is one. Throws Error(kStorage).
  explicit StatusWriter(const RankEnvironment& environment);

  /// How long the run is. `images_per_step` is of this rank alone.
  void set_length(std::int64_t epochs, std::int64_t steps_per_epoch, std::int64_t images_per_step);

  /// A phase begins; `step` steps of the epoch are done.
  void enter(Phase phase, std::int64_t epoch, std::int64_t step);
  /// The phase changes, epoch and step stay.
  void enter(Phase phase) { enter(phase, status_.epoch, status_.step); }
  void set_activity(Activity activity);
  /// A training step is done.
  void count_step();
  void set_loss(double loss) { status_.loss = loss; }

 private:
  void write();

  std::optional<StatusBoard> board_;
  int local_rank_;
  std::int64_t images_per_step_ = 0;
  RankStatus status_;
  std::int64_t last_step_ns_ = 0;  ///< when the latest step ended; 0 before the first of a phase
};

}  // namespace dplaunch
