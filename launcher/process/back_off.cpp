#include "launcher/process/back_off.h"

#include <signal.h>

#include <boost/asio/steady_timer.hpp>

namespace dplaunch {

BackOff::BackOff(int preempt_signal)
    : signals_(io_, SIGINT, SIGTERM), of_ranks_(io_, SIGUSR1, SIGUSR2) {
  if (!signal_scope_.hangup_is_ignored()) signals_.add(SIGHUP);
  if (preempt_signal != 0) signals_.add(preempt_signal);
  released_.emplace(preempt_signal);  // now that there are handlers
}

int BackOff::wait(std::chrono::milliseconds time) {
  boost::asio::steady_timer timer(io_, time);
  int received = 0;
  signals_.async_wait([&](boost::system::error_code error, int signal) {
    if (error) return;
    received = signal;
    timer.cancel();
  });
  timer.async_wait([&](boost::system::error_code) { signals_.cancel(); });
  io_.run();
  return received;
}

}  // namespace dplaunch
