#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <stdexcept>

namespace dplaunch::testing {

/// A real second process: a fork that runs `body` and exits with what it returns (99 when it
/// throws). The destructor kills what is still running.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) ::_exit(run(body));
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ > 0) kill_and_wait();
  }

  /// The exit code, or 128 + signal.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  int kill_and_wait() {
    ::kill(pid_, SIGKILL);
    return wait();
  }

 private:
  static int run(const std::function<int()>& body) {
    try {
      return body();
    } catch (...) {
      return 99;
    }
  }

  pid_t pid_;
};

/// Waits for one byte from the other process; false when it closed the pipe instead.
inline bool await_byte(int fd) {
  char byte = 0;
  ssize_t count = 0;
  do {
    count = ::read(fd, &byte, 1);
  } while (count < 0 && errno == EINTR);
  return count == 1;
}

}  // namespace dplaunch::testing
