#pragma once

#include <optional>
#include <string>

#include "common/run_folder.h"
#include "launcher/runs/launch_record.h"
#include "launcher/runs/run_summary.h"

namespace dplaunch {

/// Whether a run goes on, and otherwise how it ended.
struct RunState {
  enum class Kind {
    kRunning,    ///< a launcher of this host holds the folder's lock
    kElsewhere,  ///< it was started on another host and no end is recorded
    kEnded,      ///< see `end`
    kLost,       ///< nobody holds the lock, and no end is recorded
  };
  Kind kind = Kind::kLost;
  StartRecord start;
  std::optional<EndRecord> end;  ///< of kEnded
};

/// Throws Error(kStorage) if the folder or its files cannot be read.
RunState run_state(const RunFolder& folder);

/// "running", "finished", "failed", "stopped", "preempted", "not running" or "on another host".
std::string state_name(const RunState& state);

}  // namespace dplaunch
