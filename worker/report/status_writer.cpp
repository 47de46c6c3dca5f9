#include "worker/report/status_writer.h"

#include <cstdint>
#include <string>

#include "base/monotonic_clock.h"

namespace dplaunch {
namespace {

/// Weight of the latest step in the reported speed: it follows a change within some ten steps.
constexpr double kNewestWeight = 0.1;

std::optional<StatusBoard> open_board(const RankEnvironment& environment) {
  if (environment.status_board.empty()) return std::nullopt;
  StatusBoard board = StatusBoard::open_to_write(environment.status_board);
  run_folder_of(environment).check_ours();  // the board is
  return board;
}

}  // namespace

StatusWriter::StatusWriter(const RankEnvironment& environment)
    : StatusWriter(open_board(environment), environment.local_rank) {}

void StatusWriter::set_length(std::int64_t epochs, std::int64_t steps_per_epoch,
                              std::int64_t images_per_step) {
  status_.epochs = epochs;
  status_.steps_per_epoch = steps_per_epoch;
  images_per_step_ = images_per_step;
}

void StatusWriter::enter(Phase phase, std::int64_t epoch, std::int64_t step) {
  status_.phase = phase;
  status_.epoch = epoch;
  status_.step = step;
  status_.activity = Activity::kNone;
  last_step_ns_ = 0;
  write();
}

void StatusWriter::set_activity(Activity activity) {
  status_.activity = activity;
  write();
}

void StatusWriter::count_step() {
  ++status_.step;
  status_.images += images_per_step_;
  const std::int64_t now_ns = monotonic_ns();
  if (last_step_ns_ > 0 && now_ns > last_step_ns_) {
    const double speed =
        static_cast<double>(images_per_step_) * 1e9 / static_cast<double>(now_ns - last_step_ns_);
    double& mean = status_.images_per_second;
    mean = mean > 0 ? mean + kNewestWeight * (speed - mean) : speed;
  }
  last_step_ns_ = now_ns;
  status_.activity = Activity::kData;
  write();
}

void StatusWriter::write() {
  if (board_) board_->write(local_rank_, status_);
}

}  // namespace dplaunch
