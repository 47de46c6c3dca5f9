#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/files/unique_fd.h"
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

/// A running launcher that cannot be mistaken for another process, even if it ends and its number
/// is given to one.
struct Launcher {
  pid_t pid = 0;
  UniqueFd pidfd;  ///< readable when it has ended
};

/// The process, if there is one of that number.
std::optional<Launcher> open_process(pid_t pid);

/// Why the process may not be signalled as the launcher of that run: it is not dplaunch, or does
/// not have the folder open whose lock the launcher holds. Empty if it may.
std::string why_not_launcher_of(const RunFolder& folder, const Launcher& launcher);

}  // namespace dplaunch
