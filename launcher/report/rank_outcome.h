#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error_record.h"
#include "common/status_board.h"

namespace dplaunch {

/// How one rank ended, and all that was learnt of it.
struct RankOutcome {
  int rank = 0;
  std::int64_t pid = 0;
  std::string device;  ///< "GPU-6f3..." or "cpu"
  int exit_code = 0;
  int signal = 0;             ///< that killed it; 0 = it exited
  std::int64_t ended_ns = 0;  ///< monotonic_ns() at which its death was seen
  /// It was alive when the launcher told all ranks to end.
  bool is_stopped_by_launcher = false;
  int stop_signal = 0;  ///< what it was told to end with, if it was
  /// It stood still and was ended for that: where it stood, for the user. Empty otherwise.
  std::string stall;
  std::optional<ErrorRecord> record;
  std::optional<RankStatus> status;  ///< nullopt if it never wrote to the status board
  std::string stderr_tail;
  std::string log;  ///< path, empty without one
};

}  // namespace dplaunch
