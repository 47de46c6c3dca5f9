#include "launcher/process/supervisor.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/exit_code.h"
#include "base/monotonic_clock.h"
#include "base/process/describe_process.h"
#include "base/process/process_table.h"
#include "base/text/printable.h"
#include "common/stack_signal.h"
#include "launcher/metrics/job_metrics.h"
#include "launcher/report/stalled_rank.h"
#include "launcher/runs/rank_pids.h"
#include "launcher/view/live_footer.h"

namespace dplaunch {
namespace {

// Adopted orphans that die are reaped together, so that a job that makes many costs little.
constexpr std::chrono::seconds kReapDelay{1};
constexpr std::chrono::milliseconds kStackTime{500};
constexpr std::chrono::seconds kAllStacksTime{40};
constexpr std::chrono::seconds kFolderPeriod{1};
constexpr std::chrono::seconds kReaderTime{5};

}  // namespace

Supervisor::Supervisor(LaunchPlan plan, const StatusBoard* board, std::ostream& out,
                       std::ostream& err, OtherHosts* hosts, MetricsServer* metrics)
    : plan_(std::move(plan)),
      board_(board),
      out_(out),
      err_(err),
      hosts_(hosts),
      metrics_(metrics),
      guard_(job_mark_),
      stall_watch_(io_,
                   progress_board() != nullptr ? StallWatch::SignsOf::kProgress
                                               : StallWatch::SignsOf::kOutput,
                   plan_.supervision.stall_timeout),
      policy_(plan_.is_own_worker, plan_.supervision.preempt_signal, signal_scope_.ignores(SIGINT),
              plan_.supervision.leaves_running),
      ranks_(plan_, io_),
      exchange_(io_, plan_, hosts),
      left_(descendants_, ranks_),
      stopped_ranks_(
          io_, ranks_, plan_.supervision, [this](const std::string& line) { errors().show(line); },
          [this](int signal) { on_key(signal); }) {
  // Until the last process is gone: the launcher may be killed while it cleans up.
  descendants_.spare(guard_.pid());
}

JobEnd Supervisor::run() {
  supervise_ranks();
  exchange_.finish();
  if (hosts_ != nullptr) hosts_->listen(nullptr);
  // Nobody listens any more: what comes from here on is pending until show_all().
  ending_.emplace();
  return finish();
}

void Supervisor::supervise_ranks() {
  listen_to_signals();
  if (hosts_ != nullptr) hosts_->leave_signals();
  const SignalsReleased released(plan_.supervision.preempt_signal);
  const auto start = [this] { ranks_.start(guard_, job_mark_, signal_scope_.ignored()); };
  hosts_ != nullptr ? hosts_->while_paused(start) : start();
  open_screens();  // after the last fork, because of their threads
  serve_metrics();
  watch();
  if (plan_.run_folder) write_rank_pids(*plan_.run_folder, ranks_.pid_by_rank());
  io_.run();
  if (metrics_ != nullptr) metrics_->stop();
}

void Supervisor::serve_metrics() {
  if (metrics_ == nullptr) return;
  const int restarts = plan_.ranks.front().environment.restart_count;
  metrics_->start([job = std::make_shared<JobMetrics>(plan_, restarts)](bool all_hosts) {
    return job->text(all_hosts);
  });
}

void Supervisor::open_screens() {
  Screen::Options options = screen_options();
  options.footer = live_footer(plan_, plan_.supervision.live_view_fd);
  screen_.emplace(out_, std::move(options));
  if (!is_same_place(out_, err_)) error_screen_.emplace(err_, screen_options());
}

Screen::Options Supervisor::screen_options() {
  Screen::Options options;
  options.has_logs = plan_.run_folder.has_value();
  options.shows_bars = plan_.ranks.size() > 1;
  options.on_room = [this] { boost::asio::post(io_, [this] { ranks_.resume_output(); }); };
  return options;
}

void Supervisor::say(std::string_view text, std::ostream& stream) {
  if (is_same_place(stream, out_)) return screen_->show(text);
  if (error_screen_ && is_same_place(stream, err_)) return error_screen_->show(text);
  stream << text << std::flush;
}

void Supervisor::watch() {
  wait_for_signal();
  guard_watch_.start([this](pid_t guard, const std::string& line) {
    if (guard > 0) descendants_.spare(guard);
    errors().show(line);
  });
  // Without the mark, everyone would be a stranger.
  const auto port = ProcessMark::can_be_put() ? ranks_.reserved_port() : 0;
  port_watch_.start(port, [this](const std::string& stranger) {
    errors().show(fmt::format(
        "dplaunch: warning: {}: rank 0 cannot listen there, and the others may talk to a stranger; "
        "end this job (another start gets another port, unless --master-port names it)\n",
        stranger));
  });
  ranks_.watch(*screen_, errors(), [this](Rank& rank) { on_end(rank); });
  stall_watch_.start(
      [this] { return ranks_.signs_of_life(progress_board()); },
      [this](std::size_t local_rank, const std::string& where) { on_stall(local_rank, where); });
  look_at_folder_later();
  listen_to_hosts();
  exchange_.start([this] { return ranks_.progress(progress_board()); });
}

void Supervisor::listen_to_hosts() {
  if (hosts_ == nullptr) return;
  hosts_->listen([this](const HostStop& stop) {
    boost::asio::post(io_, [this, stop] {
      hears_host_ = true;
      perform(policy_.on_other_host(stop.state, stop.signal, stop.reason));
      hears_host_ = false;
    });
  });
}

/// So that they need not wait for their collectives to fail.
void Supervisor::tell_hosts(const std::string& reason) {
  if (hosts_ == nullptr || hears_host_) return;
  const auto& interruption = policy_.interruption();
  hosts_->tell(policy_.state(), interruption ? interruption->signal : 0, reason);
}

void Supervisor::listen_to_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT}) {
    signals_.add(signal);
  }
  for (const int signal : {SIGHUP, SIGQUIT}) {
    if (!signal_scope_.ignores(signal)) signals_.add(signal);
  }
  if (plan_.supervision.preempt_signal != 0) signals_.add(plan_.supervision.preempt_signal);
}

void Supervisor::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGCHLD) {
      ranks_.look_for_ends();
      guard_watch_.look();
      stopped_ranks_.look();
      stack_taker_.look();
      reap_adopted_later();
      look_at_left();
    } else {
      perform(policy_.on_signal(signal));
    }
    wait_for_signal();
  });
}

/// Ctrl-C or Ctrl-Z on a terminal that a rank has, which got it too.
void Supervisor::on_key(int signal) {
  ranks_.set_signalled(stopped_ranks_.terminal_group(), signal);
  perform(policy_.on_signal(signal));
  ranks_.set_signalled(0, 0);
}

void Supervisor::on_end(Rank& rank) {
  const bool had_terminal = stopped_ranks_.terminal_group() == rank.process->pid();
  stopped_ranks_.forget(rank.process->pid());
  const bool is_interrupted =
      rank.outcome.signal == SIGINT || rank.outcome.exit_code == to_int(ExitCode::kInterrupted);
  if (had_terminal && is_interrupted) {
    // Of the Ctrl-C that is heard here too, perhaps after its death.
    rank.outcome.is_stopped_by_launcher = true;
    rank.outcome.stop_signal = SIGINT;
    if (policy_.state() == StopState::kRunning) perform(policy_.on_signal(SIGINT));
  }
  if (rank.outcome.exit_code != 0) port_watch_.look();  // it may have found its port taken
  if (progress_board() != nullptr) {
    let_result_stand(rank.outcome, board_->read(rank.local_rank));
  }
  if (policy_.is_preempted(rank.outcome)) {
    rank.outcome.is_stopped_by_launcher = true;  // or by who signalled it in its place
    rank.outcome.stop_signal = plan_.supervision.preempt_signal;
  }
  perform(policy_.on_rank_end(rank.outcome));
  look_at_left();
  if (ranks_.awaited() == 0) on_all_ended();
}

void Supervisor::on_all_ended() {
  if (std::exchange(have_all_ended_, true)) return;
  stall_watch_.stop();
  grace_.cancel();
  if (!left_.any()) return io_.stop();
  perform(policy_.on_all_ended());
}

void Supervisor::look_at_left() {
  if (!have_all_ended_) return ask_orphans();
  if (asks_left_) left_.ask_all();
  if (!left_.any()) io_.stop();
}

void Supervisor::ask_orphans() {
  if (policy_.asks_orphans()) left_.ask_those_of_ended_ranks();
}

void Supervisor::announce(const std::string& line) {
  if (!plan_.supervision.is_quiet) errors().show(line);
}

void Supervisor::perform(const StopAction& action) {
  std::visit([this](const auto& one) { perform(one); }, action);
}

void Supervisor::perform(const AskToStop& ask) {
  stall_watch_.stop();
  tell_hosts(ask.reason);
  std::vector<ProcessEntry> waited_for;
  if (ask.recipient == Recipient::kWorkerFirst) waited_for = left_.children_of_waiting_shells();
  const std::size_t asked = ranks_.ask_to_stop(ask);
  ask_orphans();
  if (asked > 0) {
    announce(announcement(ask, asked, plan_.supervision.grace));
    say_who_refuses();
    screen_->widen();
    errors().widen();
  }
  // Those that are ending already are given the same time: one may hang on its way out.
  if (ranks_.awaited() == 0) return;
  if (ask.kills_at_once) return perform(KillNow{});
  left_.ask(waited_for);
  // A request that follows a preemption starts the grace anew.
  grace_.expires_after(plan_.supervision.grace);
  grace_.async_wait([this](boost::system::error_code error) {
    if (!error && !have_all_ended_) perform(policy_.on_grace_elapsed());
  });
}

void Supervisor::perform(const InsistOnStop& insist) {
  const std::vector<ProcessEntry> waited_for = left_.children_of_waiting_shells();
  const bool any_asked = ranks_.insist_on_stop(insist);
  ask_orphans();
  // Otherwise a shell's children may be what its trap for the first request has started.
  if (any_asked) left_.ask(waited_for);
  say_who_refuses();
}

void Supervisor::perform(const PassOn& pass_on) {
  ranks_.signal_workers(pass_on.signal);
  say_who_refuses();
}

void Supervisor::perform(const KillNow& kill) {
  if (have_all_ended_) {
    if (unexpected_.empty()) unexpected_ = left_.list();
    return io_.stop();  // finish() kills what is left
  }
  announce(announcement(kill, ranks_.running()));
  ranks_.kill_workers();
  if (std::exchange(is_killing_, true)) ranks_.signal_groups(SIGKILL);
  if (ranks_.awaited() == 0) on_all_ended();
}

void Supervisor::perform(const AwaitLeft& await) {
  using std::chrono::steady_clock;
  if (await.asks) {
    asks_left_ = true;
    if (policy_.state() == StopState::kRunning) unexpected_ = left_.list();
    left_.ask_all();
  }
  auto end = steady_clock::now() + plan_.supervision.moment;
  if (await.time == AwaitLeft::Time::kGrace) end = std::max(end, grace_.expiry());
  left_timer_.expires_at(end);
  left_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) perform(policy_.on_left_time_over());
  });
}

void Supervisor::perform(const LeaveRunning&) {
  leaves_running_ = true;
  errors().show(left_words("leaving alone", left_.list()));
  io_.stop();
}

void Supervisor::say_who_refuses() {
  for (const Rank* rank : ranks_.take_refusing()) {
    const RankOutcome& outcome = rank->outcome;
    errors().show(fmt::format(
        "dplaunch: warning: rank {} ({}, pid {}) cannot be signalled: it runs as {} now; end it as "
        "that user: kill {}\n",
        outcome.rank, outcome.device, outcome.pid, describe_process(outcome.pid).user,
        outcome.pid));
  }
}

void Supervisor::perform(const Suspend&) {
  stopped_ranks_.suspend();
  ranks_.signal_groups(SIGTSTP);
  screen_->hide_footer();
  // Not by the default action of SIGTSTP: asio holds that signal. The shell sees no difference.
  ::raise(SIGSTOP);
}

void Supervisor::perform(const Resume&) {
  stall_watch_.forget_silence_before(monotonic_ns());
  screen_->unhide_footer();
  stopped_ranks_.resume();
  ranks_.signal_groups(SIGCONT);
}

void Supervisor::on_stall(std::size_t local_rank, const std::string& where) {
  Rank& rank = ranks_[local_rank];
  const std::string state =
      describe_process_state(process_state(rank.process->pid()), rank.process->pid());
  errors().show(stall_warning(rank.outcome, where, state,
                              plan_.is_own_worker || plan_.run_folder.has_value()));
  RankStatus status;
  if (progress_board() != nullptr) status = board_->read(static_cast<int>(local_rank));
  // Before its first status it has no handler for the signal, and would die of it; in the
  // rendezvous c10d takes an interrupted wait for a failed connection, and pauses for a minute.
  const bool can_print_stack =
      state.empty() && status.updated_ns > 0 && status.phase != Phase::kRendezvous;
  if (can_print_stack) rank.process->signal(stack_signal());
  if (plan_.run_folder) {
    stack_taker_.start(*plan_.run_folder,
                       [this](const std::string& text) { on_stacks_taken(text); });
  }
  if (plan_.supervision.on_stall != OnStall::kWarn) end_stalled_job_later(rank, where);
}

/// Says in one line who is where the others are not.
void Supervisor::on_stacks_taken(const std::string& text) {
  if (!text.empty()) {
    errors().show(fmt::format("dplaunch: stacks: {}; all of them: {}\n",
                              text.substr(0, text.find('\n')),
                              printable(plan_.run_folder->stacks().string())));
  }
  if (const auto end = std::exchange(end_stalled_job_, {})) end();
}

/// After a moment in which its stack gets into the log, and all stacks into the run's folder.
void Supervisor::end_stalled_job_later(Rank& rank, const std::string& where) {
  end_stalled_job_ = [this, &rank, where] { end_stalled_job(rank, where); };
  stack_timer_.expires_after(stack_taker_.is_at_work() ? kAllStacksTime : kStackTime);
  stack_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    if (const auto end = std::exchange(end_stalled_job_, {})) end();
  });
}

void Supervisor::end_stalled_job(Rank& rank, const std::string& where) {
  const StopAction action = policy_.on_stall(rank.outcome.rank);
  // Otherwise the job was ended for another reason meanwhile, and this rank is not to blame.
  if (std::holds_alternative<AskToStop>(action)) rank.outcome.stall = where;
  perform(action);
}

void Supervisor::look_at_folder_later() {
  if (!plan_.run_folder || !plan_.run_folder->held()) return;
  folder_timer_.expires_after(kFolderPeriod);
  folder_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) look_at_folder();
  });
}

/// Somebody may remove it while the job runs, and start the next run of that name.
void Supervisor::look_at_folder() {
  if (plan_.run_folder->is_ours()) return look_at_folder_later();
  const std::string folder = plan_.run_folder->root().string();
  if (!plan_.is_own_worker) {
    // Its own files are elsewhere.
    errors().show(
        fmt::format("dplaunch: warning: {} is gone: the command goes on, its logs and its "
                    "end are lost\n",
                    folder));
    return;
  }
  const StopAction action = policy_.on_folder_lost(folder);
  is_folder_lost_ = std::holds_alternative<AskToStop>(action);
  perform(action);
}

void Supervisor::reap_adopted_later() {
  if (is_reaping_later_) return;
  is_reaping_later_ = true;
  reap_timer_.expires_after(kReapDelay);
  reap_timer_.async_wait([this](boost::system::error_code error) {
    is_reaping_later_ = false;
    if (!error) descendants_.living(ranks_.worker_pids());
  });
}

JobEnd Supervisor::finish() {
  stopped_ranks_.finish();
  if (leaves_running_) descendants_.let_go();
  if (!leaves_running_) ranks_.signal_groups(SIGKILL);  // what the workers left in their groups
  errors().show(left_words("killed", unexpected_));
  ranks_.release_workers(!leaves_running_);
  for (const ProcessEntry& process : descendants_.kill_all()) {
    errors().show(
        fmt::format("dplaunch: warning: process {} could not be killed and still runs: {}\n",
                    process.pid, describe_process(process.pid).command));
  }
  JobEnd end;
  end.outcomes = ranks_.finish();
  end.port_stranger = port_watch_.stranger();
  end.interruption = policy_.interruption();
  end.is_given_up = policy_.is_given_up();
  end.is_folder_lost = is_folder_lost_;
  return end;
}

void Supervisor::show_all(std::optional<int> settled_code) {
  signals_.clear();
  for (const int signal : signal_scope_.ignored()) ::signal(signal, SIG_IGN);
  if (settled_code) signal_scope_.end_with(*settled_code);
  ending_.reset();
  if (policy_.interruption()) {
    screen_->limit_patience(kReaderTime);
    errors().limit_patience(kReaderTime);
  }
  screen_.reset();
  error_screen_.reset();
}

}  // namespace dplaunch
