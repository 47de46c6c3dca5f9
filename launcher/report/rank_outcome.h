#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error_record.h"
#include "common/status_board.h"

namespace dplaunch {

/// How one rank ended, and all that is known of it.
struct RankOutcome {
  int rank = 0;
  std::string host;  ///< of a job on several; empty: it has one
  std::int64_t pid = 0;
  std::string device;  ///< "GPU-6f3..." or "cpu"
  int exit_code = 0;
  int signal = 0;                ///< that killed it; 0 = it exited
  std::string core;              ///< where the core went that it dumped; empty if it dumped none
  bool is_out_of_reach = false;  ///< it could not be ended, being another user's, and still runs
  std::int64_t ended_ns = 0;     ///< monotonic_ns() at which its death was seen
  /// It was alive when the launcher asked all ranks to end.
  bool is_stopped_by_launcher = false;
  int stop_signal = 0;             ///< by which it was asked to end, if it was
  std::int64_t stop_asked_ns = 0;  ///< monotonic_ns() at which it was first asked
  /// When it was asked it had recorded an error, or an uncaught exception's traceback was the last
  /// that it had written.
  bool was_failing = false;
  /// It hung and was ended for that: where it hung, for the user. Empty otherwise.
  std::string stall;
  std::optional<ErrorRecord> record;
  std::optional<RankStatus> status;  ///< nullopt if it never wrote to the status board
  std::string stderr_tail;
  std::string log;  ///< path, empty without one
};

}  // namespace dplaunch
