#include "launcher/process/terminal_loan.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

namespace dplaunch {
namespace {

/// From the background as well, where the kernel would stop us for it.
void set_foreground(int terminal, pid_t group) {
  sigset_t only;
  sigset_t before;
  ::sigemptyset(&only);
  ::sigaddset(&only, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &only, &before);
  ::tcsetpgrp(terminal, group);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

TerminalLoan::TerminalLoan(boost::asio::io_context& io, std::function<void(int)> on_key)
    : on_key_(std::move(on_key)), heard_(io) {}

TerminalLoan::~TerminalLoan() {
  take_back();
}

bool TerminalLoan::lend(pid_t group) {
  if (!terminal_) terminal_.reset(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal_) return false;
  const pid_t foreground = ::tcgetpgrp(terminal_.get());
  const bool is_ours = foreground == ::getpgrp() || (group_ != 0 && foreground == group_);
  if (!is_ours) return false;
  if (group_ != group) {
    take_back();
    ear_.emplace(group);
    heard_.assign(::fcntl(ear_->fd(), F_DUPFD_CLOEXEC, 0));
    group_ = group;
    // Our own output goes on, also on a terminal that stops what writes from the background.
    on_background_output_ = ::signal(SIGTTOU, SIG_IGN);
    hear();
  }
  set_foreground(terminal_.get(), group);
  if (::tcgetpgrp(terminal_.get()) != group) {
    take_back();  // the group is gone
    return false;
  }
  ::kill(-group, SIGCONT);
  return true;
}

void TerminalLoan::take_back() {
  if (group_ == 0) return;
  // Somebody else may have it by now: the shell, if this process was sent to the background. A rank
  // that is a shell may have left it to a group that is gone.
  const pid_t foreground = ::tcgetpgrp(terminal_.get());
  if (foreground == group_ || ::kill(-foreground, 0) != 0) {
    set_foreground(terminal_.get(), ::getpgrp());
  }
  ::signal(SIGTTOU, on_background_output_);
  group_ = 0;
  heard_.close();
  ear_.reset();
}

void TerminalLoan::hear() {
  heard_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this](boost::system::error_code error) {
                      if (error || !ear_) return;
                      const int signal = ear_->take();
                      if (signal == 0) return;  // the ear was killed with its group
                      hear();
                      on_key_(signal);
                    });
}

}  // namespace dplaunch
