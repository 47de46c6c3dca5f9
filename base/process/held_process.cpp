#include "base/process/held_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "base/process/process_table.h"
#include "base/process/signals_blocked.h"

namespace dplaunch {
namespace {

constexpr int kLookMs = 20;

/// When the process was started; nullopt if it has ended.
std::optional<std::uint64_t> start_of(pid_t pid) {
  const std::optional<ProcessEntry> entry = find_process(pid);
  if (!entry || entry->state == 'Z') return std::nullopt;
  return entry->start_ticks;
}

/// Closes the pipe's end at the end of the process, or when nobody holds the other.
void close_at_end(pid_t pid, std::uint64_t start_ticks, const UniqueFd& pipe) {
  pollfd reader{pipe.get(), 0, 0};
  while (start_of(pid) == start_ticks && ::poll(&reader, 1, kLookMs) <= 0) {
  }
}

UniqueFd watch_by_thread(pid_t pid, std::uint64_t start_ticks) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  UniqueFd to_hear(ends[0]);
  UniqueFd to_close(ends[1]);
  const SignalsBlocked blocked;
  std::thread([pid, start_ticks, pipe = std::move(to_close)] {
    close_at_end(pid, start_ticks, pipe);
  }).detach();
  return to_hear;
}

}  // namespace

std::optional<HeldProcess> HeldProcess::open(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  HeldProcess held;
  held.pid_ = pid;
  held.end_.reset(open_pidfd(pid));
  if (!held.end_ && lacks_pidfds(errno)) {
    held.start_ticks_ = start_of(pid);
    if (held.start_ticks_) held.end_ = watch_by_thread(pid, *held.start_ticks_);
  }
  if (!held.end_) return std::nullopt;
  return held;
}

int HeldProcess::signal(int number) const {
  if (start_ticks_) {
    if (start_of(pid_) != start_ticks_) return ESRCH;
    return ::kill(pid_, number) == 0 ? 0 : errno;
  }
  return ::syscall(SYS_pidfd_send_signal, end_.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

}  // namespace dplaunch
