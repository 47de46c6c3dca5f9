#pragma once

#include <ostream>

namespace dplaunch {

struct TopOptions {
  bool json = false;
  bool once = false;  ///< one table, also on a terminal
};

/// `dplaunch top`: the runs of this user on this host, of whatever folder. On a terminal (to which
/// `out` leads by `out_fd`) it is drawn anew every second until it is left by a key of `in_fd`;
/// what ended meanwhile stays. Elsewhere it is one table, or with `json` one line. Returns the exit
/// code. Throws Error(kFailure) where /proc is not mounted.
int show_top(const TopOptions& options, std::ostream& out, int in_fd = 0, int out_fd = 1);

}  // namespace dplaunch
