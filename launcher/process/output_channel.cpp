#include "launcher/process/output_channel.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "launcher/view/terminal.h"

namespace dplaunch {
namespace {

Error no_terminal() {
  return system_error(ExitCode::kFailure, "cannot make a pseudo-terminal for a rank's output",
                      errno,
                      "leave --pty out; /dev/pts must be mounted, and may have a limit of its own "
                      "(/proc/sys/kernel/pty/max)");
}

/// As wide as ours, if there is one: progress bars fit.
winsize window_size() {
  const TerminalSize ours = terminal_size(STDERR_FILENO);
  winsize size{};
  size.ws_col = static_cast<unsigned short>(ours.columns);
  size.ws_row = static_cast<unsigned short>(ours.rows);
  return size;
}

}  // namespace

OutputChannel make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "cannot make a pipe for a rank's output", errno);
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

OutputChannel make_pseudo_terminal() {
  OutputChannel channel;
  channel.launcher_end.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  const int fd = channel.launcher_end.get();
  char name[PATH_MAX];
  if (fd < 0 || ::grantpt(fd) != 0 || ::unlockpt(fd) != 0 ||
      ::ptsname_r(fd, name, sizeof name) != 0) {
    throw no_terminal();
  }
  channel.worker_end.reset(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios mode{};
  if (!channel.worker_end || ::tcgetattr(channel.worker_end.get(), &mode) != 0) throw no_terminal();
  ::cfmakeraw(&mode);  // no "\r\n" for "\n", no echo
  const winsize size = window_size();
  if (::tcsetattr(channel.worker_end.get(), TCSANOW, &mode) != 0 ||
      ::ioctl(fd, TIOCSWINSZ, &size) != 0) {
    throw no_terminal();
  }
  return channel;
}

}  // namespace dplaunch
