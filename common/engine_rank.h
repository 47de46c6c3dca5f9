#pragma once

#include <optional>

#include "common/rank_environment.h"

namespace dplaunch {

/// The rank of a worker that an engine started by itself, a task for each rank, without a launcher:
/// `mpirun -n 4 dplaunch-worker-cpu`. nullopt: no engine speaks of several tasks. Throws
/// Error(kUsage) where it speaks of them but does not say all that a rank must know: to train
/// alone, beside others in the same folder, would be wrong.
std::optional<RankEnvironment> engine_rank(const VariableLookup& lookup);

}  // namespace dplaunch
