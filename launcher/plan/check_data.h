#pragma once

#include "common/config/load_config.h"
#include "common/data_set.h"

namespace dplaunch {

/// Finds the job's data set and checks that `processes` ranks can train on it, before any process
/// is started. Throws Error(kData) for a set that is missing, damaged or smaller than one batch,
/// and Error(kUsage) for a limit beyond its size.
DataSet check_data(const ResolvedConfig& resolved, int processes);

}  // namespace dplaunch
