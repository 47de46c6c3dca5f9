#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "launcher/process/orphan_guard.h"

namespace dplaunch {

/// Sees to it that a job has a guard: one that is killed is replaced at once. Not thread-safe.
class GuardWatch {
 public:
  /// Hears of each new guard, with a line for the user, from `io`'s handlers; the pid is -1 while
  /// none can be started.
  using OnChange = std::function<void(pid_t guard, const std::string& line)>;

  /// `guard` must outlive this.
  GuardWatch(boost::asio::io_context& io, OrphanGuard& guard)
      : guard_(guard), pidfd_(io), retry_(io) {}

  void start(OnChange on_change);
  /// To be called at each SIGCHLD: notices the guard's end where there is no pidfd for it.
  void look();

 private:
  void wait_for_end();
  void replace();

  OrphanGuard& guard_;
  boost::asio::posix::stream_descriptor pidfd_;
  boost::asio::steady_timer retry_;
  OnChange on_change_;
  bool is_missing_ = false;
};

}  // namespace dplaunch
