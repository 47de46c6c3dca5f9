#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace dplaunch {

/// What the kernel does with cores (core(5)).
struct CoreRule {
  std::string pattern;           ///< kernel.core_pattern
  bool appends_pid = false;      ///< kernel.core_uses_pid
  std::filesystem::path folder;  ///< that the process worked in, as far as is known
};

/// That of this machine, for a process that began in this one's folder.
CoreRule core_rule();

/// Where the core of a process went that dumped one, for the user: a file, or the program that took
/// it. What the pattern says of the process and is not known here stands as "*".
std::string core_place(const CoreRule& rule, pid_t pid, int signal);

}  // namespace dplaunch
