#include "worker/process/lifeline.h"

#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/exit_code.h"

namespace dplaunch {

void follow_lifeline(int fd) {
  if (fd < 0) return;
  // Detached: it waits for as long as the process lives.
  std::thread([fd] {
    char byte = 0;
    for (;;) {
      const ssize_t count = ::read(fd, &byte, 1);
      if (count == 0) ::_exit(to_int(ExitCode::kTerminated));
      if (count < 0 && errno != EINTR) return;
    }
  }).detach();
}

}  // namespace dplaunch
