#include "launcher/process/stop_policy.h"

#include <fmt/core.h>
#include <signal.h>

#include <cstdint>
#include <utility>

#include "base/exit_code.h"
#include "base/process/signal_name.h"
#include "base/text/words.h"
#include "launcher/report/failure_report.h"

namespace dplaunch {
namespace {

std::string count_ranks(std::size_t count) {
  return counted(static_cast<std::int64_t>(count), "rank");
}

}  // namespace

StopAction StopPolicy::on_signal(int signal) {
  if (have_all_ended_) return on_late_signal(signal);
  const bool is_preempt_signal = signal == preempt_signal_;
  if (is_preempt_signal && state_ == StopState::kRunning) {
    return preempt();
  }
  if (signal == SIGTSTP) return Suspend{};
  // The batch system announces the end of a job that is ending anyway. It is one request however
  // often it comes; but there will be no time for a restart. As the preempt signal SIGINT remains
  // what the user's Ctrl-C sends, and that asks for more every time.
  if (is_preempt_signal && signal != SIGINT) {
    is_given_up_ = true;
    return {};
  }
  if (signal == SIGCONT) return Resume{};
  if (signal == SIGUSR1 || signal == SIGUSR2) return pass_on(signal);
  return on_stop_signal(signal);
}

AskToStop StopPolicy::preempt() {
  interruption_ = Interruption{preempt_signal_, /*is_preemption=*/true};
  return ask_to_stop(StopState::kPreempted, preempt_signal_,
                     signal_name(preempt_signal_) + ", preempted");
}

StopAction StopPolicy::pass_on(int signal) const {
  // The trainer has no handler for it, and would die of it.
  if (is_own_worker_) {
    return Explain{
        fmt::format("dplaunch: {0} means nothing to the trainer; --preempt-signal {0} would make "
                    "it write a checkpoint and stop\n",
                    signal_name(signal))};
  }
  return PassOn{signal};
}

StopAction StopPolicy::on_stop_signal(int signal) {
  const bool is_asked_again = state_ == StopState::kAsked || state_ == StopState::kFailed;
  if (signal == SIGINT && ignores_interrupt_ && !is_asked_again) return {};
  if (!is_asked_again) {
    // A batch system announces the end by the preempt signal and sends SIGTERM when it has come:
    // that job was preempted, and is still asked with the signal that its ranks know as the end.
    if (state_ == StopState::kRunning) interruption_ = Interruption{signal, false};
    return ask_to_stop(StopState::kAsked, signal == SIGHUP ? SIGTERM : signal, signal_name(signal));
  }
  is_given_up_ = true;
  // Only those that a person types ask for more than the first request did. The others come twice
  // for one: `timeout` signals its child and then its group, a closed terminal's shell hangs up as
  // the kernel does.
  if (signal == SIGINT || signal == SIGQUIT) return kill(signal_name(signal));
  // One that takes no notice of SIGINT may heed SIGTERM.
  has_sent_term_ = true;
  return InsistOnStop{recipient(SIGTERM)};
}

StopAction StopPolicy::on_rank_end(const RankOutcome& outcome) {
  const bool has_failed = outcome.exit_code != 0 || outcome.signal != 0;
  if (!has_failed) return {};
  // `scancel -s USR1 JOB.0` signals every process of a job, and which is noticed first is chance.
  if (state_ == StopState::kRunning && is_preempted(outcome)) return preempt();
  if (state_ == StopState::kRunning) {
    return ask_to_stop(StopState::kFailed, SIGTERM,
                       fmt::format("rank {} failed, {}", outcome.rank, describe_end(outcome)));
  }
  // The trainer's ranks that are to stop finish their step together, which the others cannot do
  // without one that failed. One that leaves with 143 has done as it was asked.
  const bool has_obeyed =
      outcome.exit_code == to_int(ExitCode::kTerminated) || is_preempted(outcome);
  if (is_own_worker_ && !has_obeyed) return kill({});
  return {};
}

bool StopPolicy::is_preempted(const RankOutcome& outcome) const {
  if (preempt_signal_ == 0) return false;
  const bool says_so = is_own_worker_ && outcome.exit_code == to_int(ExitCode::kPreempted);
  return says_so || outcome.signal == preempt_signal_;
}

StopAction StopPolicy::on_other_host(StopState state, int signal, const std::string& reason) {
  const bool ends_preemption = state_ == StopState::kPreempted && state != StopState::kPreempted;
  if (have_all_ended_ || (state_ != StopState::kRunning && !ends_preemption)) return {};
  // The hosts were asked for one end of one job.
  if (state != StopState::kFailed && state_ == StopState::kRunning) {
    interruption_ = Interruption{signal, state == StopState::kPreempted};
  }
  const int request = state == StopState::kFailed || signal == SIGHUP ? SIGTERM : signal;
  return ask_to_stop(state, request, reason);
}

StopAction StopPolicy::on_folder_lost(const std::string& folder) {
  if (state_ != StopState::kRunning || have_all_ended_) return {};
  return ask_to_stop(StopState::kFailed, SIGTERM, folder + " is gone");
}

StopAction StopPolicy::on_stall(int rank) {
  if (state_ != StopState::kRunning || have_all_ended_) return {};
  return ask_to_stop(StopState::kFailed, SIGTERM, fmt::format("rank {} hangs", rank));
}

StopAction StopPolicy::on_grace_elapsed() {
  return kill({});
}

StopAction StopPolicy::on_all_ended() {
  have_all_ended_ = true;
  has_asked_left_ = is_killing_;  // then it has been asked already
  if (leaves_running_ && state_ == StopState::kRunning) return LeaveRunning{};
  return AwaitLeft{};
}

StopAction StopPolicy::on_left_time_over() {
  if (has_asked_left_) return kill({});
  return ask_left();
}

StopAction StopPolicy::on_late_signal(int signal) {
  if (signal == SIGTSTP) return Suspend{};
  if (signal == SIGCONT) return Resume{};
  if (signal == SIGINT && ignores_interrupt_) return {};
  const bool is_preempt_signal = signal == preempt_signal_;
  if ((signal == SIGUSR1 || signal == SIGUSR2) && !is_preempt_signal) return {};
  is_given_up_ = true;
  if (is_preempt_signal) return {};
  if (signal == SIGINT || signal == SIGQUIT) return kill({});
  if (has_asked_left_) return {};
  return ask_left();
}

AwaitLeft StopPolicy::ask_left() {
  has_asked_left_ = true;
  return {/*asks=*/true,
          state_ == StopState::kRunning ? AwaitLeft::Time::kMoment : AwaitLeft::Time::kGrace};
}

KillNow StopPolicy::kill(std::string reason) {
  is_killing_ = true;
  return {std::move(reason)};
}

AskToStop StopPolicy::ask_to_stop(StopState state, int request, std::string reason) {
  state_ = state;
  AskToStop ask;
  ask.request = request;
  // To the trainer SIGTERM means what Ctrl-C does, and ends one that has not begun at once. The
  // preempt signal waits for it to begin. A command gets the signal itself.
  ask.signal = is_own_worker_ && state != StopState::kPreempted ? SIGTERM : request;
  ask.recipient = recipient(ask.signal);
  // The trainer's ranks could only wait for the one that failed, and have nothing to save.
  ask.kills_at_once = state == StopState::kFailed && is_own_worker_;
  is_killing_ = is_killing_ || ask.kills_at_once;
  has_sent_term_ = has_sent_term_ || (ask.signal == SIGTERM && state != StopState::kPreempted);
  ask.offers_kill = state == StopState::kAsked && request == SIGINT;
  ask.reason = std::move(reason);
  return ask;
}

/// Ctrl-C is for a command's children as well, as in a shell. SIGTERM is for the one that saves its
/// work, which needs its children (a loader's workers) until it has. A preempt signal is for the
/// one that has a handler for it; its children would die of it.
Recipient StopPolicy::recipient(int signal) const {
  if (is_own_worker_ || state_ == StopState::kPreempted) return Recipient::kWorker;
  return signal == SIGTERM ? Recipient::kWorkerFirst : Recipient::kGroup;
}

std::string announcement(const AskToStop& ask, std::size_t ranks, std::chrono::milliseconds grace) {
  return fmt::format("dplaunch: {}: stopping {}{}{}\n", ask.reason, count_ranks(ranks),
                     ask.kills_at_once ? "" : ", killing after " + seconds_text(grace),
                     ask.offers_kill ? "; Ctrl-C again kills at once" : "");
}

std::string announcement(const KillNow& kill, std::size_t ranks) {
  if (kill.reason.empty()) return {};
  return fmt::format("dplaunch: {}: killing {} now\n", kill.reason, count_ranks(ranks));
}

}  // namespace dplaunch
