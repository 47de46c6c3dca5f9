#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <optional>

#include "launcher/process/signal_scope.h"

namespace dplaunch {

/// The pause before a restart, which a signal can end: SIGINT, SIGTERM, SIGHUP unless that is
/// ignored, and the preempt signal unless that is 0. SIGUSR1 and SIGUSR2, which are for the ranks,
/// do nothing: there are none.
class BackOff {
 public:
  /// Signals count from now on.
  explicit BackOff(int preempt_signal);

  /// Returns the signal that ended the wait, or 0 when the time is over.
  int wait(std::chrono::milliseconds time);

 private:
  SignalScope signal_scope_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  boost::asio::signal_set of_ranks_;  ///< caught, or they would end the launcher
  std::optional<SignalsReleased> released_;
};

}  // namespace dplaunch
