#include "launcher/process/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "base/process/process_table.h"
#include "base/process/signal_name.h"
#include "base/text/words.h"
#include "common/stack_signal.h"
#include "launcher/process/worker_environment.h"
#include "launcher/report/failure_report.h"
#include "launcher/view/live_footer.h"

namespace dplaunch {
namespace {

// Adopted orphans that die are reaped together, so that a job that makes many costs little.
constexpr std::chrono::seconds kReapDelay{1};
constexpr std::chrono::milliseconds kStackTime{500};

std::string new_job_entry() {
  return std::string("DPLAUNCH_JOB=").append(std::to_string(::getpid())) + "-" +
         std::to_string(monotonic_ns());
}

std::string count_ranks(std::size_t count) {
  return counted(static_cast<std::int64_t>(count), "rank");
}

bool is_shown(const SupervisionOptions& options, int rank) {
  return options.show_all_ranks ||
         std::count(options.shown_ranks.begin(), options.shown_ranks.end(), rank) > 0;
}

RendezvousSocket open_rendezvous(const LaunchPlan& plan) {
  const RankEnvironment& first = plan.ranks.front().environment;
  switch (plan.rendezvous) {
    case RendezvousKind::kElsewhere:
      return RendezvousSocket();
    case RendezvousKind::kReserved:
      return RendezvousSocket::reserve(first.group_world_size > 1, first.master_port);
    case RendezvousKind::kHandedOver:
      break;
  }
  return RendezvousSocket::listen(first.group_world_size > 1, first.master_port);
}

/// Why a process cannot go on, if the system knows; empty for one that runs or waits as usual.
std::string describe_state(pid_t pid) {
  switch (process_state(pid)) {
    case 'T':
      return "it is stopped: kill -CONT " + std::to_string(pid) + " lets it go on";
    case 't':
      return "a debugger holds it";
    case 'D':
      return "it waits in the kernel: for a disk, the network, a GPU driver or memory";
    default:
      return {};
  }
}

}  // namespace

Supervisor::Supervisor(LaunchPlan plan, const StatusBoard* board, std::ostream& out,
                       std::ostream& err)
    : plan_(std::move(plan)),
      board_(board),
      out_(out),
      err_(err),
      job_entry_(new_job_entry()),
      guard_(job_entry_),
      rendezvous_(open_rendezvous(plan_)),
      null_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      stall_watch_(io_,
                   tells_progress() ? StallWatch::SignsOf::kProgress : StallWatch::SignsOf::kOutput,
                   plan_.supervision.stall_timeout) {
  if (!null_) throw system_error(ExitCode::kFailure, "cannot open /dev/null", errno);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "cannot make the lifeline pipe", errno);
  }
  // Until the last process is gone: the launcher may be killed while it cleans up.
  descendants_.spare(guard_.pid());
  lifeline_of_workers_.reset(ends[0]);
  lifeline_.reset(ends[1]);
}

JobEnd Supervisor::run() {
  supervise_ranks();
  return finish();
}

void Supervisor::supervise_ranks() {
  listen_to_signals();
  const SignalsReleased released(plan_.supervision.preempt_signal);
  started_ns_ = monotonic_ns();
  open_outputs();
  start_workers();
  watch();
  io_.run();
}

void Supervisor::open_outputs() {
  const bool is_alone = plan_.ranks.size() == 1;
  for (const RankPlan& plan : plan_.ranks) {
    const int number = plan.environment.rank;
    WorkerOutput::Options options;
    if (!is_alone) options.prefix = std::string("[").append(std::to_string(number)).append("] ");
    options.show_stdout = is_shown(plan_.supervision, number);
    RankLog log;
    if (plan_.run_folder) log = RankLog(plan_.run_folder->log(number), plan_.append_logs);
    ranks_.push_back(std::make_unique<Rank>(io_, std::move(options), std::move(log)));
    RankOutcome& outcome = ranks_.back()->outcome;
    outcome.rank = number;
    outcome.device = plan.gpu ? plan.gpu->uuid : "cpu";
    if (plan_.run_folder) outcome.log = plan_.run_folder->log(number);
  }
}

void Supervisor::start_workers() {
  for (std::size_t i = 0; i < ranks_.size(); ++i) start_worker(*ranks_[i], plan_.ranks[i]);
  rendezvous_.hand_over();
  lifeline_of_workers_.reset();
  // After the last fork, because of its thread.
  const auto when_full = plan_.run_folder ? Screen::WhenFull::kDrop : Screen::WhenFull::kWait;
  screen_.emplace(out_, when_full, live_footer(plan_, plan_.supervision.live_view_fd));
  if (&err_ != &out_) error_screen_.emplace(err_, when_full);
}

void Supervisor::start_worker(Rank& rank, RankPlan plan) {
  if (plan_.rendezvous != RendezvousKind::kElsewhere) {
    plan.environment.master_port = rendezvous_.port();
  }
  if (plan_.is_own_worker) plan.environment.lifeline_fd = lifeline_of_workers_.get();
  if (plan_.rendezvous == RendezvousKind::kHandedOver && plan.environment.rank == 0) {
    plan.environment.store_fd = rendezvous_.fd();
  }
  ChildSetup::Descriptors descriptors;
  descriptors.stdin_fd = null_.get();
  descriptors.stdout_fd = rank.output.stdout_fd();
  descriptors.stderr_fd = rank.output.stderr_fd();
  for (const int fd : {plan.environment.lifeline_fd, plan.environment.store_fd}) {
    if (fd >= 0) descriptors.inherited.push_back(fd);
  }
  rank.process = std::make_unique<WorkerProcess>(
      io_, WorkerProcess::Command{plan.argv, worker_environment(plan, job_entry_)},
      ChildSetup(std::move(descriptors), signal_scope_.hangup_is_ignored(), plan.cores.cpus));
  guard_.add_group(rank.process->pid());
  rank.output.close_worker_ends();
  rank.outcome.pid = rank.process->pid();
  ++running_;
}

void Supervisor::watch() {
  wait_for_signal();
  for (const auto& rank : ranks_) {
    rank->output.start(*screen_, errors());
    rank->process->async_wait([this, &rank = *rank](ProcessEnd end) { on_end(rank, end); });
  }
  stall_watch_.start(
      [this] { return signs_of_life(); },
      [this](std::size_t local_rank, const std::string& where) { on_stall(local_rank, where); });
}

void Supervisor::listen_to_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT}) {
    signals_.add(signal);
  }
  if (!signal_scope_.hangup_is_ignored()) signals_.add(SIGHUP);
  if (plan_.supervision.preempt_signal != 0) signals_.add(plan_.supervision.preempt_signal);
}

void Supervisor::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    on_signal(signal);
    wait_for_signal();
  });
}

void Supervisor::on_signal(int signal) {
  if (signal == SIGCHLD) return reap_adopted_later();
  const bool is_preemption = signal == plan_.supervision.preempt_signal;
  if (is_preemption && stopping_ == Stopping::kNo) {
    is_preempted_ = true;
    return stop_all(Stopping::kPreempted, signal, signal_name(signal) + ", preempted");
  }
  if (signal == SIGTSTP) return suspend();
  if (is_preemption && signal != SIGINT) {
    is_given_up_ = true;  // if the job is ending anyway, it is not to be started anew
    return;
  }
  if (signal == SIGCONT || signal == SIGUSR1 || signal == SIGUSR2) return pass_on(signal);
  on_stop_signal(signal);
}

void Supervisor::pass_on(int signal) {
  if (signal == SIGCONT) {
    stall_watch_.forget_silence_before(monotonic_ns());
    screen_->unhide_footer();
    for (const auto& rank : ranks_) rank->process->signal_group(SIGCONT);
    return;
  }
  if (plan_.is_own_worker) {
    return errors().show("dplaunch: " + signal_name(signal) +
                         " means nothing to the trainer; --preempt-signal " + signal_name(signal) +
                         " would make it write a checkpoint and stop\n");
  }
  // To the process alone: its children (a loader's workers) seldom expect it, and would die of it.
  for (const auto& rank : ranks_) {
    if (!rank->has_ended) rank->process->signal(signal);
  }
}

void Supervisor::suspend() {
  for (const auto& rank : ranks_) rank->process->signal_group(SIGTSTP);
  screen_->hide_footer();
  // Not by the default action of SIGTSTP: asio holds that signal. The shell sees no difference.
  ::raise(SIGSTOP);
}

/// Only SIGINT asks for more than the first request did. The others come twice for one: `timeout`
/// signals its child and then its group, a closed terminal's shell hangs up as the kernel does.
void Supervisor::on_stop_signal(int signal) {
  const bool is_asked_again = stopping_ == Stopping::kAsked || stopping_ == Stopping::kFailed;
  if (is_asked_again) {
    is_given_up_ = true;
    if (signal != SIGINT) return insist_on_end();
    errors().show("dplaunch: " + signal_name(signal) + ": killing " + count_ranks(running_) +
                  " now\n");
    return kill_all();
  }
  // A batch system announces the end, and sends SIGTERM when it has come.
  if (stopping_ == Stopping::kNo) interrupted_by_ = signal;
  stop_all(Stopping::kAsked, signal == SIGHUP ? SIGTERM : signal, signal_name(signal));
}

/// One that takes no notice of SIGINT may heed SIGTERM.
void Supervisor::insist_on_end() {
  for (const auto& rank : ranks_) {
    if (rank->has_ended || rank->outcome.stop_signal != SIGINT) continue;
    rank->outcome.stop_signal = SIGTERM;
    tell_to_end(*rank, SIGTERM);
  }
}

void Supervisor::on_end(Rank& rank, ProcessEnd end) {
  rank.has_ended = true;
  rank.outcome.ended_ns = monotonic_ns();
  rank.outcome.exit_code = end.exit_code;
  rank.outcome.signal = end.signal;
  --running_;
  const bool has_failed = end.exit_code != 0 || end.signal != 0;
  if (has_failed && stopping_ == Stopping::kNo) {
    stop_all(Stopping::kFailed, SIGTERM,
             std::string("rank ").append(std::to_string(rank.outcome.rank)) + " failed, " +
                 describe_end(rank.outcome));
  } else if (has_failed && plan_.is_own_worker && end.exit_code != to_int(ExitCode::kTerminated)) {
    // The others cannot finish their step without it.
    kill_all();
  }
  if (running_ == 0) io_.stop();
}

void Supervisor::stop_all(Stopping how, int signal, const std::string& why) {
  stopping_ = how;
  stall_watch_.stop();
  // A rank that is dead already, though not noticed yet, died of its own accord.
  std::size_t stopped = 0;
  for (const auto& rank : ranks_) {
    // One that obeyed an earlier request was stopped by that.
    if (rank->has_ended || rank->process->is_dead()) continue;
    rank->outcome.is_stopped_by_launcher = true;
    rank->outcome.stop_signal = signal;
    ++stopped;
  }
  for (const auto& rank : ranks_) tell_to_end(*rank, signal);
  if (stopped == 0) return;
  // dplaunch's own workers could only wait for the one that is gone, and have nothing to save.
  const bool is_at_once = how == Stopping::kFailed && plan_.is_own_worker;
  errors().show(
      "dplaunch: " + why + ": stopping " + count_ranks(stopped) +
      (is_at_once ? "" : ", killing after " + seconds_text(plan_.supervision.grace)) +
      (signal == SIGINT && how == Stopping::kAsked ? "; Ctrl-C again kills at once\n" : "\n"));
  if (is_at_once) return kill_all();
  kill_after_grace();
}

void Supervisor::tell_to_end(const Rank& rank, int signal) const {
  const bool is_for_all = stopping_ != Stopping::kPreempted && !plan_.is_own_worker;
  if (is_for_all) {
    rank.process->signal_group(signal);
  } else if (!rank.has_ended) {
    // To its own workers SIGTERM means what a preemption means. To a command, the signal itself.
    rank.process->signal(plan_.is_own_worker ? SIGTERM : signal);
  }
  rank.process->signal_group(SIGCONT);  // one that is stopped could not obey
}

void Supervisor::kill_after_grace() {
  grace_.expires_after(plan_.supervision.grace);
  grace_.async_wait([this](boost::system::error_code error) {
    if (!error) kill_all();
  });
}

void Supervisor::kill_all() {
  for (const auto& rank : ranks_) rank->process->signal_group(SIGKILL);
}

std::vector<RankSign> Supervisor::signs_of_life() const {
  std::vector<RankSign> signs;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    if (ranks_[i]->has_ended) continue;
    RankSign sign;
    sign.local_rank = i;
    const char state = process_state(ranks_[i]->process->pid());
    sign.is_halted = state == 'T' || state == 't';
    if (tells_progress()) sign.status = board_->read(static_cast<int>(i));
    sign.since_ns = std::max(started_ns_, tells_progress() ? sign.status.updated_ns
                                                           : ranks_[i]->output.last_output_ns());
    signs.push_back(sign);
  }
  return signs;
}

void Supervisor::on_stall(std::size_t local_rank, const std::string& where) {
  Rank& rank = *ranks_[local_rank];
  const pid_t pid = rank.process->pid();
  const std::string who = "rank " + std::to_string(rank.outcome.rank) + " (" + rank.outcome.device +
                          ", pid " + std::to_string(pid) + ")";
  const std::string state = describe_state(pid);
  errors().show("dplaunch: warning: " + who + " stands still " + where +
                (state.empty() ? "" : "; " + state) + "\n" +
                (plan_.is_own_worker
                     ? ""
                     : "  where it is: py-spy dump --pid " + std::to_string(pid) + "\n"));
  RankStatus status;
  if (tells_progress()) status = board_->read(static_cast<int>(local_rank));
  // Before its first word it has no handler for the signal, and would die of it; in the rendezvous
  // c10d takes an interrupted wait for a failed connection, and pauses for a minute.
  const bool can_print_stack =
      state.empty() && status.updated_ns > 0 && status.phase != Phase::kRendezvous;
  if (can_print_stack) rank.process->signal(stack_signal());
  if (plan_.supervision.on_stall == OnStall::kWarn) return;
  // After a moment in which its stack gets into the log.
  stack_timer_.expires_after(kStackTime);
  stack_timer_.async_wait([this, &rank, where](boost::system::error_code error) {
    if (!error && stopping_ == Stopping::kNo) end_stalled_job(rank, where);
  });
}

void Supervisor::end_stalled_job(Rank& rank, const std::string& where) {
  rank.outcome.stall = where;
  stop_all(Stopping::kFailed, SIGTERM,
           "rank " + std::to_string(rank.outcome.rank) + " stands still");
}

void Supervisor::reap_adopted_later() {
  if (is_reaping_later_) return;
  is_reaping_later_ = true;
  reap_timer_.expires_after(kReapDelay);
  reap_timer_.async_wait([this](boost::system::error_code error) {
    is_reaping_later_ = false;
    if (error) return;
    std::set<pid_t> workers;
    for (const auto& rank : ranks_) workers.insert(rank->process->pid());
    descendants_.reap_dead(workers);
  });
}

JobEnd Supervisor::finish() {
  kill_all();  // what the workers left behind in their groups
  for (const auto& rank : ranks_) rank->process.reset();
  descendants_.kill_all();
  JobEnd end;
  end.interrupted_by = interrupted_by_;
  end.is_preempted = is_preempted_;
  end.is_given_up = is_given_up_;
  for (const auto& rank : ranks_) {
    rank->output.finish();
    rank->outcome.stderr_tail = rank->output.stderr_tail();
    end.outcomes.push_back(rank->outcome);
  }
  // From here on Ctrl-C ends the launcher itself, should the terminal stand still.
  signals_.clear();
  screen_.reset();
  error_screen_.reset();
  return end;
}

}  // namespace dplaunch
