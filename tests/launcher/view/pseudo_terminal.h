#pragma once

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "base/files/unique_fd.h"

namespace dplaunch {

/// A real terminal of the kernel, with the test at its other end.
class PseudoTerminal {
 public:
  PseudoTerminal(unsigned short columns, unsigned short rows) {
    winsize size{rows, columns, 0, 0};
    int master = -1;
    int slave = -1;
    if (::openpty(&master, &slave, nullptr, nullptr, &size) != 0) {
      throw std::runtime_error("openpty failed");
    }
    master_.reset(master);
    slave_.reset(slave);
  }

  int master() const { return master_.get(); }
  int slave() const { return slave_.get(); }
  std::string slave_path() const { return "/proc/self/fd/" + std::to_string(slave_.get()); }

  void resize(unsigned short columns, unsigned short rows) const {
    const winsize size{rows, columns, 0, 0};
    if (::ioctl(master_.get(), TIOCSWINSZ, &size) != 0) throw std::runtime_error("TIOCSWINSZ");
  }

  /// Reads what is written to the terminal until `is_enough`; false if it is not within ten
  /// seconds.
  bool read_until(const std::function<bool(const std::string& bytes)>& is_enough) const {
    while (true) {
      pollfd news{master_.get(), POLLIN, 0};
      if (::poll(&news, 1, 10000) != 1) return false;
      char buffer[4096];
      const ssize_t count = ::read(master_.get(), buffer, sizeof buffer);
      if (count <= 0) return false;
      if (is_enough(std::string(buffer, static_cast<std::size_t>(count)))) return true;
    }
  }

 private:
  UniqueFd master_;
  UniqueFd slave_;
};

}  // namespace dplaunch
