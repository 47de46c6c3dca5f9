#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "base/process/process_mark.h"

namespace dplaunch {

/// Who listens on the port that a job's rank 0 was promised. Linux has no way to keep the port for
/// a program that will bind it itself: whoever is told its number can take it until then, and the
/// other ranks would talk to a stranger. So it is looked at until somebody listens; no event tells
/// it. Not thread-safe.
class PortWatch {
 public:
  /// `job` is on all processes of the job. Port 0: there is nothing to watch.
  PortWatch(boost::asio::io_context& io, const ProcessMark& job) : job_(job), timer_(io) {}

  /// Calls `on_stranger` once at most, from `io`'s handlers or from look(), with who it is.
  void start(int port, std::function<void(const std::string& who)> on_stranger);
  /// At once: a rank has failed.
  void look();
  void stop() { timer_.cancel(); }

  /// Who took the port; empty if nobody did, as far as is known.
  const std::string& stranger() const { return stranger_; }

 private:
  void look_later();

  const ProcessMark job_;
  boost::asio::steady_timer timer_;
  std::function<void(const std::string&)> on_stranger_;
  int port_ = 0;  ///< 0: it is settled whose it is
  std::int64_t started_ns_ = 0;
  std::string stranger_;
};

}  // namespace dplaunch
