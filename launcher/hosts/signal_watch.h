#pragma once

#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

namespace dplaunch {

/// Takes the signals by which a user or a batch system ends a program (SIGINT, SIGTERM, SIGHUP,
/// SIGQUIT, those that are not ignored) for as long as it lives: they end nothing by themselves,
/// and `on_signal` is called for each, on the io_context's thread, which must be running. Made and
/// destroyed on the same thread, the only one that does not block them already. One that comes
/// while it is destroyed is pending behind it.
class SignalWatch {
 public:
  SignalWatch(boost::asio::io_context& io, std::function<void(int signal)> on_signal);
  ~SignalWatch();
  /// On the io_context's thread: hears no more, though signals are held back still.
  void stop();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  class Reader;

  boost::asio::io_context& io_;
  sigset_t blocked_{};
  std::shared_ptr<Reader> reader_;
};

/// SIGINT, SIGTERM, SIGHUP and SIGQUIT, without those that this process ignores.
sigset_t ending_signals();

}  // namespace dplaunch
