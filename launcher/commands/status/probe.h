#pragma once

#include <chrono>
#include <optional>
#include <ostream>

#include "common/run_folder.h"

namespace dplaunch {

/// `dplaunch status --probe`: 0 if the run goes on and no rank of this host hangs, 1 and one line
/// why otherwise. Of a training a rank hangs that holds all others up, those of other hosts
/// included, and has said nothing for `stall_timeout`; of a command all ranks do if none has
/// written anything for so long. nullopt: the job's own --stall-timeout or, if it has none, 300 s
/// for a training and no limit for a command. Cheap: it reads a few files of the run's folder.
int probe_run(const RunFolder& folder, std::optional<std::chrono::milliseconds> stall_timeout,
              std::ostream& out);

}  // namespace dplaunch
