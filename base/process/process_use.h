#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/process/process_table.h"

namespace dplaunch {

/// What a process, all that descend from it, and all of its process group use together.
struct ProcessUse {
  char state = '?';        ///< of the process itself, as in /proc/PID/stat; '?' if it is gone
  int processes = 0;       ///< that live, itself included
  double cpu_seconds = 0;  ///< so far, with what children that have ended had used
  std::int64_t memory_bytes = 0;  ///< resident; a page that two of them share counts twice

  bool is_alive() const { return state != '?' && state != 'Z' && state != 'X'; }
  bool is_suspended() const { return dplaunch::is_suspended(state); }
};

/// `table` as list_processes() gave it a moment ago. Never throws.
ProcessUse use_of_family(pid_t pid, const std::vector<ProcessEntry>& table);

}  // namespace dplaunch
