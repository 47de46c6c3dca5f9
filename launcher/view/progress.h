#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "launcher/view/run_view.h"

namespace dplaunch {

/// Whether any rank has ever written to the status board.
bool has_status(const RunView& run);

/// Seconds since the rank's last word, if it should have come by now: it trains, and has said
/// nothing for more than 10 s.
std::optional<std::int64_t> silent_seconds(const RankView& rank, const RunView& run);

/// Seconds since another host's launcher said how the rank gets on, if they are more than a minute.
std::optional<std::int64_t> untold_seconds(const RankView& rank, const RunView& run);

/// How far the slowest rank is.
struct Progress {
  std::int64_t epoch = 1;  ///< counted from 1
  std::int64_t epochs = 0;
  double epoch_fraction = 0;  ///< of its training steps, 0 to 1
  double run_fraction = 0;
  bool is_finished = false;  ///< every rank has said so
  /// nullopt until there is a measured speed.
  std::optional<double> epoch_seconds_left;
  std::optional<double> run_seconds_left;
};

/// nullopt before any rank has said how long the run is.
std::optional<Progress> progress_of(const RunView& run);

/// "0:12", "14:02", "3:02:11", "2d 03:11".
std::string duration(double seconds);

}  // namespace dplaunch
