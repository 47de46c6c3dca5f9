#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dplaunch {

/// One line of the system's process table.
struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  char state = '?';    ///< as in /proc/PID/stat; 'Z' = dead, not yet reaped
  unsigned flags = 0;  ///< the kernel's PF_*
  long threads = 1;
  std::uint64_t start_ticks = 0;  ///< after the kernel's start: differs where a number is reused
  /// Whether it still runs its parent's program: it was forked, and has called no execve(2) since.
  bool is_fork() const {
    constexpr unsigned kForkNoExec = 0x40;  // PF_FORKNOEXEC
    return (flags & kForkNoExec) != 0;
  }
};

/// The first bytes of /proc/PID/NAME; nullopt where it cannot be opened: it is gone, or hidden.
std::optional<std::string> read_proc_file(
    std::int64_t pid, const char* name,
    std::size_t max_bytes = std::numeric_limits<std::size_t>::max());

/// One of them; nullopt if it is gone.
std::optional<ProcessEntry> find_process(pid_t pid);

/// All processes that /proc shows. One that ends meanwhile is left out.
std::vector<ProcessEntry> list_processes();

/// The children of this process, dead ones included, but for those that are known. Costs no walk
/// through the whole table where the kernel lists them (CONFIG_PROC_CHILDREN). That list is whole
/// as long as this thread is the only one to reap: nothing else takes a child out of it (proc(5),
/// /proc/PID/task/TID/children).
std::vector<ProcessEntry> list_children(const std::set<pid_t>& known = {});

/// Whether this process has any child, dead or alive.
bool has_children();

/// Whether the state is that of a process that was stopped, by a signal or a debugger.
constexpr bool is_suspended(char state) {
  return state == 'T' || state == 't';
}

/// The process's state as in /proc/PID/stat ('R', 'S', 'T', ...); '?' if it is gone.
char process_state(pid_t pid);

/// Whether the kernel is ending the process (or its first thread), or has ended it: PF_EXITING,
/// PF_DUMPCORE or PF_SIGNALED in /proc/PID/stat. False if it is gone.
bool is_exiting(pid_t pid);

/// Whether `signal` is in the set `name` of /proc/PID/status: "ShdPnd", it waits to be noticed;
/// "SigCgt", the process has a handler for it. False if it is gone.
bool is_in_signal_set(pid_t pid, std::string_view name, int signal);

/// Kills `pid` if `belongs` still says so once a pidfd holds on to it: a number that another
/// process has taken over meanwhile is not hit. Where there are no pidfds, it would have to be
/// taken over between that question and the kill. Returns whether it was killed.
bool kill_if(pid_t pid, const std::function<bool()>& belongs);

/// Waits until the killed child `pid` is dead and reaps it. Gives up after 2 s, because not even
/// SIGKILL ends a process that hangs in the kernel. Returns whether it is gone.
bool reap_child(pid_t pid);

/// pidfd_open(2), close-on-exec; -1 and errno on failure.
int open_pidfd(pid_t pid);

/// Whether this errno of open_pidfd() says that there are no pidfds here: Linux before 5.3
/// (ENOSYS), or a container with an old seccomp profile (EPERM).
bool lacks_pidfds(int error_number);

}  // namespace dplaunch
