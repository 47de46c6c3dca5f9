#include "launcher/process/back_off.h"

#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "launcher/process/signal_scope.h"

namespace dplaunch {

int wait_or_signal(std::chrono::milliseconds time) {
  const SignalScope signal_scope;
  boost::asio::io_context io{1};
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  if (!signal_scope.hangup_is_ignored()) signals.add(SIGHUP);
  boost::asio::steady_timer timer(io, time);
  int received = 0;
  signals.async_wait([&](boost::system::error_code error, int signal) {
    if (error) return;
    received = signal;
    timer.cancel();
  });
  timer.async_wait([&](boost::system::error_code) { signals.cancel(); });
  io.run();
  return received;
}

}  // namespace dplaunch
