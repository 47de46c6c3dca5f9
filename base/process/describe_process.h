#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace dplaunch {

/// The name of a user, or the number where none is known. Fit for a terminal, see printable.h.
std::string user_name(uid_t uid);

/// A process as /proc shows it.
struct ProcessDescription {
  bool is_visible = false;  ///< false: /proc does not show it, and the rest is empty
  std::string user;         ///< the name of its effective user, or the number where none is known
  std::string command;  ///< its arguments with spaces between, at most the first 64 KiB, secrets
                        ///< masked (secrets.h); "[name]" where it has none. Fit for a terminal
};

/// Never throws: a process may end at any time, and may be hidden (hidepid, another PID namespace).
ProcessDescription describe_process(std::int64_t pid);

/// The file name of the program that a process runs: "python3.11". Empty if it cannot be known: it
/// is another user's, or gone.
std::string program_name(std::int64_t pid);

/// Whether the process is this process's user's own. Of one that may not be looked into (it has set
/// other rights) nobody is the owner but root.
bool is_own_process(std::int64_t pid);

/// Whether this process sees other process numbers than the host does, as in most containers. The
/// driver's numbers may then mean other processes, or none.
bool has_own_process_numbers();

}  // namespace dplaunch
