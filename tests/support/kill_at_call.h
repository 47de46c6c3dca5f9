#pragma once

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>

#include "tests/support/owned_child.h"

namespace dplaunch::testing {

/// Runs `act` in a process of its own, which is killed as it makes its `nth` system call (from 1).
/// False if it came to its end before that. So a test can try every point at which a crash differs.
inline bool is_killed_at_call(int nth, const std::function<void()>& act) {
  OwnedChild child(::fork());
  if (child.pid() == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    act();
    ::_exit(0);
  }
  int status = 0;
  if (child.pid() < 0 || ::waitpid(child.pid(), &status, 0) < 0 || !WIFSTOPPED(status)) {
    throw std::runtime_error("cannot trace a child");
  }
  // Each call stops it twice: at its begin and at its end, which is no point of its own.
  for (int stop = 0; stop < 2 * nth - 1; ++stop) {
    if (::ptrace(PTRACE_SYSCALL, child.pid(), nullptr, nullptr) != 0) {
      throw std::runtime_error("ptrace failed");
    }
    if (::waitpid(child.pid(), &status, 0) < 0) throw std::runtime_error("waitpid failed");
    if (WIFSTOPPED(status)) continue;
    child.adopt(-1);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("act failed");
    return false;
  }
  child.send(SIGKILL);
  child.wait();
  return true;
}

}  // namespace dplaunch::testing
