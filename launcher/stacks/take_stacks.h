#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/run_folder.h"
#include "launcher/runs/run_state.h"
#include "launcher/stacks/stack.h"

namespace dplaunch {

struct StackOptions {
  std::optional<int> rank;  ///< nullopt: all
  bool native = false;      ///< of Python the frames of extension modules too
  /// No tool attaches to a process that is suspended: a SIGCONT that comes meanwhile would be lost.
  bool spares_suspended = false;
};

/// The stacks of a job's ranks, as far as they could be taken.
struct JobStacks {
  std::vector<RankStack> ranks;    ///< by rank; those that have ended are left out
  std::vector<std::string> notes;  ///< what is missing, and what to do about it; lines for the user
};

/// Takes the stacks of the main threads of the running ranks of this host, of all at once.
/// dplaunch's own workers write theirs; of others a tool that is installed looks into them and
/// pauses each for a moment: py-spy for Python, otherwise eu-stack or gdb. Without any, what the
/// kernel says is all there is. Nothing is killed, and what was suspended stays so. Signals wait
/// until it is done. Throws Error(kFailure) where the job has no such rank.
JobStacks take_stacks(const RunFolder& folder, const RunState& running,
                      const StackOptions& options);

}  // namespace dplaunch
