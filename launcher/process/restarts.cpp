#include "launcher/process/restarts.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/exit_code.h"
#include "base/text/words.h"
#include "launcher/process/signal_scope.h"

namespace dplaunch {
namespace {

namespace asio = boost::asio;

/// What the trainer would only meet again.
bool is_hopeless(int exit_code) {
  return exit_code == to_int(ExitCode::kUsage) || exit_code == to_int(ExitCode::kDevice) ||
         exit_code == to_int(ExitCode::kData);
}

/// 1, 2, 4, ... times the first pause: what made the job fail (a full disk, a port or a GPU that is
/// not free yet) may need a moment to pass.
std::chrono::milliseconds back_off(const SupervisionOptions& options, int used) {
  constexpr int kMaxDoublings = 10;  // far beyond the longest pause, and no overflow
  const auto time = options.back_off * (1 << std::min(used, kMaxDoublings));
  return std::min<std::chrono::milliseconds>(time, SupervisionOptions::kLongestBackOff);
}

}  // namespace

Restarts::Restarts(const LaunchPlan& plan)
    : options_(plan.supervision),
      folder_(plan.run_folder),
      is_own_worker_(plan.is_own_worker),
      checkpoint_(newest_checkpoint()) {}

std::optional<Pause> Restarts::next(const JobEnd& end, const Verdict& verdict) {
  if (verdict.result != JobResult::kFailed || end.is_given_up) return std::nullopt;
  if (folder_ && !folder_->is_ours()) return std::nullopt;  // there is nowhere to go on
  // Only of the trainer it is known what its codes mean.
  if (is_own_worker_ && is_hopeless(verdict.exit_code)) return std::nullopt;
  const std::string newest = newest_checkpoint();
  if (newest != checkpoint_) used_ = 0;
  checkpoint_ = newest;
  Pause pause;
  pause.is_announced = !options_.is_quiet;
  if (end.lost_host) {
    pause.time = options_.back_off;
    return end.is_enough_left ? std::optional(pause) : std::nullopt;
  }
  if (used_ >= options_.max_restarts) return std::nullopt;
  pause.time = back_off(options_, used_);
  pause.number = ++used_;
  pause.allowed = options_.max_restarts;
  return pause;
}

std::string Restarts::newest_checkpoint() const {
  return folder_ ? folder_->newest_checkpoint() : std::string();
}

std::optional<Interruption> wait_for_restart(const Pause& pause, int preempt_signal,
                                             std::ostream& out) {
  const SignalScope signal_scope;
  asio::io_context io{1};
  asio::signal_set signals(io, SIGTERM);
  const asio::signal_set of_ranks(io, SIGUSR1, SIGUSR2);  // caught, or they would end the launcher
  for (const int signal : {SIGINT, SIGHUP, SIGQUIT}) {
    if (!signal_scope.ignores(signal)) signals.add(signal);
  }
  if (preempt_signal != 0) signals.add(preempt_signal);
  const SignalsReleased released(preempt_signal);  // now that there are handlers
  // After that: whoever has read the announcement can end the pause.
  if (pause.is_announced) {
    const std::string which = pause.number > 0
                                  ? fmt::format("restart {} of {}", pause.number, pause.allowed)
                                  : std::string("restart on the hosts that are left");
    out << fmt::format("dplaunch: {} in {}\n", which, seconds_text(pause.time)) << std::flush;
  }
  asio::steady_timer timer(io, pause.time);
  std::optional<Interruption> interruption;
  signals.async_wait([&](boost::system::error_code error, int signal) {
    if (error) return;
    interruption = Interruption{signal, signal == preempt_signal};
    timer.cancel();
  });
  timer.async_wait([&](boost::system::error_code) { signals.cancel(); });
  io.run();
  return interruption;
}

}  // namespace dplaunch
