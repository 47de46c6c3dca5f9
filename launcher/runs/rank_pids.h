#pragma once

#include <sys/types.h>

#include <map>

#include "common/run_folder.h"

namespace dplaunch {

// pids.json: the processes of the ranks of the latest attempt, for whoever looks at the run.

/// Writes it. One that cannot be written is left: a job does not end for want of it.
void write_rank_pids(const RunFolder& folder, const std::map<int, pid_t>& pid_by_rank);

/// Empty where there is none, or none that can be read. A number may be another process's by now.
std::map<int, pid_t> read_rank_pids(const RunFolder& folder);

}  // namespace dplaunch
