#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

#include "base/process/process_table.h"
#include "common/run_folder.h"

namespace dplaunch {

// pids.json: the processes of the ranks of the latest attempt, for whoever looks at the run.

/// Writes it. One that cannot be written is left: a job does not end for want of it.
void write_rank_pids(const RunFolder& folder, const std::map<int, pid_t>& pid_by_rank);

/// Empty where there is none, or none that can be read. A number may be another process's by now.
std::map<int, pid_t> read_rank_pids(const RunFolder& folder);

/// Those that are children of the launcher still, as `table` has them: only of these the number is
/// the rank's. One that has ended is a child until the launcher lets go of it.
std::map<int, pid_t> children_of(pid_t launcher, std::map<int, pid_t> pid_by_rank,
                                 const std::vector<ProcessEntry>& table);

}  // namespace dplaunch
