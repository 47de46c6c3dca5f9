#pragma once

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <stdexcept>

#include "tests/support/owned_child.h"

namespace dplaunch::testing {

/// A real second process: a fork that runs `body` and exits with what it returns (99 when it
/// throws).
class ChildProcess : public OwnedChild {
 public:
  explicit ChildProcess(const std::function<int()>& body) : OwnedChild(::fork()) {
    if (pid() < 0) throw std::runtime_error("fork failed");
    if (pid() == 0) ::_exit(run(body));
  }

  int kill_and_wait() {
    send(SIGKILL);
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
