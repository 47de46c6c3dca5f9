#include "launcher/process/guard_watch.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/process/process_table.h"
#include "base/process/signal_name.h"

namespace dplaunch {
namespace {

constexpr std::chrono::seconds kRetry{1};

}  // namespace

void GuardWatch::start(OnChange on_change) {
  on_change_ = std::move(on_change);
  wait_for_end();
}

void GuardWatch::wait_for_end() {
  const int pidfd = open_pidfd(guard_.pid());
  if (pidfd < 0) return;  // there are none, or no more descriptors: look() does without
  pidfd_.assign(pidfd);
  pidfd_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this](boost::system::error_code error) {
                      if (error) return;
                      pidfd_.close();
                      replace();
                    });
}

void GuardWatch::look() {
  if (!pidfd_.is_open() && guard_.pid() > 0 && process_state(guard_.pid()) == 'Z') replace();
}

void GuardWatch::replace() {
  const pid_t dead = guard_.pid();
  try {
    const int signal = guard_.replace();
    is_missing_ = false;
    on_change_(
        guard_.pid(),
        fmt::format("dplaunch: warning: the job's guard{} is dead{}: process {} takes its "
                    "place, to end the job should dplaunch be killed\n",
                    dead > 0 ? fmt::format(" (process {})", dead) : "",
                    signal != 0 ? fmt::format(" ({})", signal_name(signal)) : "", guard_.pid()));
    wait_for_end();
  } catch (const Error& error) {
    if (!std::exchange(is_missing_, true)) {
      on_change_(-1, fmt::format("dplaunch: warning: {}, and the last one is dead: should dplaunch "
                                 "be killed, processes may stay; trying on\n",
                                 error.what()));
    }
    retry_.expires_after(kRetry);
    retry_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) replace();
    });
  }
}

}  // namespace dplaunch
