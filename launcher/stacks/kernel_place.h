#pragma once

#include <sys/types.h>

#include <string>

#include "base/process/process_table.h"

namespace dplaunch {

/// What the kernel says of a thread: no tool is needed, and nothing is stopped.
struct KernelPlace {
  char state = '?';       ///< as in /proc/PID/stat; '?': it is gone
  std::string call = {};  ///< the system call that it waits in: "read(pipe)"; empty: it runs, or it
                          ///< is not known
  bool may_trace = false;  ///< whether this process may look into that one (ptrace(2))

  bool is_suspended() const { return dplaunch::is_suspended(state); }
  /// No signal and no debugger reaches it until the kernel is done.
  bool is_in_kernel() const { return state == 'D'; }
};

/// Of the main thread of the process.
KernelPlace kernel_place(pid_t pid);

/// What a line of /proc/PID/syscall says: the name of the call, with `file` (what its first
/// argument leads to, if that is a descriptor) behind it; empty for a thread that runs.
std::string call_words(const std::string& line, const std::string& file);

/// The call that goes on after a pause, by the function of the kernel that it sleeps in:
/// "hrtimer_nanosleep" is "sleep()", of others it is known that it has a timeout: "timed wait()".
std::string restarted_call(const std::string& kernel_function);

/// A descriptor's link in /proc/PID/fd in few words: "pipe", "socket", or the file.
std::string file_words(const std::string& link);

}  // namespace dplaunch
