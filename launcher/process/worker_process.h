#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/files/unique_fd.h"
#include "launcher/process/child_setup.h"

namespace dplaunch {

/// How a process ended.
struct ProcessEnd {
  int exit_code = 0;
  int signal = 0;  ///< that killed it; 0 = it exited
  bool dumped_core = false;
};

/// A worker, the leader of a process group of its own. Its death is noticed without reaping it, so
/// that its number, and with it that of the group, stays taken until this object lets go of both.
/// By a pidfd; where there are none (lacks_pidfds()), whoever hears SIGCHLD calls look().
/// The destructor kills the group, unless that is let go, and reaps the worker.
class WorkerProcess {
 public:
  struct Command {
    std::vector<std::string> argv;         ///< argv[0] is the path of an executable
    std::vector<std::string> environment;  ///< "NAME=value"
  };

  /// Starts it; returns once the executable runs. It dies with the calling *thread*: call this on
  /// the main one. Throws Error(kNotFound or kNotExecutable) naming the executable.
  WorkerProcess(boost::asio::io_context& io, const Command& command, ChildSetup setup);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  pid_t pid() const { return pid_; }

  /// Calls `on_end` once, from `io` or from look(), when the worker is dead.
  void async_wait(std::function<void(ProcessEnd)> on_end);
  /// To be called from `io` at each SIGCHLD. Does nothing where a pidfd tells.
  void look();

  /// Whether it is dead at this moment, noticed or not, or so far on its way there that no signal
  /// changes anything: its sockets may be closed long before it is dead.
  bool is_ending() const;

  /// Sends `signal` to the worker alone. False if the kernel does not allow it: the worker has
  /// become another user's.
  bool signal(int signal) const;

  /// Sends `signal` to the whole group, which may outlive the worker.
  void signal_group(int signal) const;

  /// The group may live on.
  void let_group_go() { kills_group_ = false; }

 private:
  void tell_end();

  pid_t pid_;
  boost::asio::posix::stream_descriptor pidfd_;
  std::function<void(ProcessEnd)> on_end_;  ///< of async_wait(), until it was called
  bool kills_group_ = true;
};

}  // namespace dplaunch
