#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/files/unique_fd.h"
#include "common/run_folder.h"

namespace dplaunch {

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

/// The runs whose launchers on this host are this user's, wherever their folders are: of a job on
/// several hosts the part of this one. What runs in a container whose files are not to be seen here
/// is left out.
std::vector<RunFolder> runs_of_this_user();

}  // namespace dplaunch
