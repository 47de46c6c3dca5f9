#include "launcher/hosts/signal_watch.h"

#include <sys/signalfd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstddef>
#include <future>
#include <utility>

#include "base/error.h"
#include "base/files/unique_fd.h"

namespace dplaunch {
namespace {

using boost::system::error_code;

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

UniqueFd open_signals(const sigset_t& signals) {
  UniqueFd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw system_error(ExitCode::kFailure, "cannot wait for signals", errno);
  return fd;
}

}  // namespace

class SignalWatch::Reader : public std::enable_shared_from_this<Reader> {
 public:
  Reader(boost::asio::io_context& io, UniqueFd fd, std::function<void(int)> on_signal)
      : descriptor_(io, fd.release()), on_signal_(std::move(on_signal)) {}

  void read() {
    descriptor_.async_read_some(boost::asio::buffer(&info_, sizeof info_),
                                [self = shared_from_this()](error_code error, std::size_t bytes) {
                                  if (error || bytes != sizeof self->info_) return;
                                  self->on_signal_(static_cast<int>(self->info_.ssi_signo));
                                  if (self->descriptor_.is_open()) self->read();
                                });
  }

  void close() {
    error_code ignored;
    descriptor_.close(ignored);
  }

 private:
  boost::asio::posix::stream_descriptor descriptor_;
  std::function<void(int)> on_signal_;
  signalfd_siginfo info_{};
};

sigset_t ending_signals() {
  sigset_t ending;
  ::sigemptyset(&ending);
  for (const int signal : kEnding) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) ::sigaddset(&ending, signal);
  }
  return ending;
}

SignalWatch::SignalWatch(boost::asio::io_context& io, std::function<void(int signal)> on_signal)
    : io_(io) {
  const sigset_t signals = ending_signals();
  reader_ = std::make_shared<Reader>(io, open_signals(signals), std::move(on_signal));
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &signals, &before);
  ::sigemptyset(&blocked_);
  for (const int signal : kEnding) {
    const bool is_new = ::sigismember(&signals, signal) == 1 && ::sigismember(&before, signal) == 0;
    if (is_new) ::sigaddset(&blocked_, signal);
  }
  boost::asio::post(io_, [reader = reader_] { reader->read(); });
}

void SignalWatch::stop() {
  reader_->close();
}

SignalWatch::~SignalWatch() {
  std::promise<void> closed;
  boost::asio::post(io_, [&closed, reader = reader_] {
    reader->close();
    closed.set_value();
  });
  closed.get_future().wait();
  // No more than that: others have blocked theirs meanwhile.
  ::pthread_sigmask(SIG_UNBLOCK, &blocked_, nullptr);
}

}  // namespace dplaunch
