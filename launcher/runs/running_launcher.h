#pragma once

#include <string>
#include <vector>

#include "base/process/held_process.h"
#include "base/process/process_table.h"
#include "common/run_folder.h"

namespace dplaunch {

/// Why the process may not be signalled as the launcher of that run: it is not dplaunch, or does
/// not have the folder open whose lock the launcher holds. Empty if it may.
std::string why_not_launcher_of(const RunFolder& folder, const HeldProcess& launcher);

/// The runs whose launchers on this host are this user's, wherever their folders are: of a job on
/// several hosts the part of this one. What runs in a container whose files are not to be seen here
/// is left out. `table` as list_processes() gave it a moment ago.
std::vector<RunFolder> runs_of_this_user(const std::vector<ProcessEntry>& table);

}  // namespace dplaunch
