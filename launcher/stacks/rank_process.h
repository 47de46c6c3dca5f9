#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/process/process_table.h"

namespace dplaunch {

/// The process that does a rank's work: `pid` itself, or, where that is a shell or a wrapper (`sh
/// -c "cd there && python train.py"`, `uv run`, `timeout`) with one child that lives, that child,
/// or its own. `table` as list_processes() gave it a moment ago.
pid_t working_process(pid_t pid, const std::vector<ProcessEntry>& table);

/// What a process was started with ("cmdline"), or has in its environment ("environ"), piece by
/// piece; one empty text for one that is gone, or that may not be looked into.
std::vector<std::string> proc_words(pid_t pid, const char* name);

/// Whether the process runs CPython, as a program or as a library.
bool runs_python(pid_t pid);

}  // namespace dplaunch
