#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <optional>

#include "base/files/unique_fd.h"
#include "launcher/process/terminal_ear.h"

namespace dplaunch {

/// The terminal that this process was started from, for a rank that wants it: as a shell does for
/// its jobs, the rank's process group is made the terminal's foreground group. Ctrl-C and Ctrl-Z
/// then go to that group; they are heard here all the same. Not thread-safe. The destructor takes
/// the terminal back.
class TerminalLoan {
 public:
  /// `on_key` hears SIGINT and SIGTSTP, from `io`'s handlers, while the terminal is lent.
  TerminalLoan(boost::asio::io_context& io, std::function<void(int signal)> on_key);
  ~TerminalLoan();
  TerminalLoan(const TerminalLoan&) = delete;
  TerminalLoan& operator=(const TerminalLoan&) = delete;

  /// Lends it to `group` and lets that go on; false if it is not this process's to lend, which is
  /// in the background or has no terminal. Throws Error(kFailure).
  bool lend(pid_t group);
  /// Who has it; 0: nobody but this process.
  pid_t group() const { return group_; }
  /// Does nothing if it is not lent.
  void take_back();

 private:
  void hear();

  std::function<void(int)> on_key_;
  UniqueFd terminal_;
  pid_t group_ = 0;                              ///< that has it; 0: this process's own
  void (*on_background_output_)(int) = nullptr;  ///< SIGTTOU's handler before the loan
  std::optional<TerminalEar> ear_;
  boost::asio::posix::stream_descriptor heard_;
};

}  // namespace dplaunch
