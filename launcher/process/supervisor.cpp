#include "launcher/process/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "common/error.h"
#include "common/monotonic_clock.h"
#include "launcher/process/worker_environment.h"
#include "launcher/report/failure_report.h"

namespace dplaunch {
namespace {

// Adopted orphans that die are reaped together, so that a job that makes many costs little.
constexpr std::chrono::seconds kReapDelay{1};

std::string new_job_entry() {
  return std::string("DPLAUNCH_JOB=").append(std::to_string(::getpid())) + "-" +
         std::to_string(monotonic_ns());
}

std::string seconds(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  if (time.count() % 1000 != 0) text += "." + std::to_string(time.count() % 1000 / 100);
  return text + " s";
}

std::string count_ranks(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " rank" : " ranks");
}

}  // namespace

Supervisor::Supervisor(LaunchPlan plan, std::ostream& out)
    : plan_(std::move(plan)),
      out_(out),
      job_entry_(new_job_entry()),
      guard_(job_entry_),
      rendezvous_(plan_.ranks.front().environment.master_addr,
                  plan_.ranks.front().environment.master_port),
      null_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
  if (!null_) throw system_error(ExitCode::kFailure, "cannot open /dev/null", errno);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "cannot make the lifeline pipe", errno);
  }
  lifeline_of_workers_.reset(ends[0]);
  lifeline_.reset(ends[1]);
}

Supervisor::JobEnd Supervisor::run() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.add(SIGCHLD);
  if (!signal_scope_.hangup_is_ignored()) signals_.add(SIGHUP);
  open_outputs();
  start_workers();
  watch();
  io_.run();
  return finish();
}

void Supervisor::open_outputs() {
  const bool is_alone = plan_.ranks.size() == 1;
  for (const RankPlan& plan : plan_.ranks) {
    const int number = plan.environment.rank;
    WorkerOutput::Options options;
    if (!is_alone) options.prefix = std::string("[").append(std::to_string(number)).append("] ");
    options.show_stdout = number == 0;
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
  rendezvous_.close();
  lifeline_of_workers_.reset();
  // After the last fork, because of its thread.
  screen_.emplace(out_, plan_.run_folder ? Screen::WhenFull::kDrop : Screen::WhenFull::kWait);
}

void Supervisor::start_worker(Rank& rank, RankPlan plan) {
  plan.environment.master_port = rendezvous_.port();
  plan.environment.lifeline_fd = lifeline_of_workers_.get();
  if (plan.environment.rank == 0) plan.environment.store_fd = rendezvous_.fd();
  ChildSetup::Descriptors descriptors;
  descriptors.stdin_fd = null_.get();
  descriptors.stdout_fd = rank.output.stdout_fd();
  descriptors.stderr_fd = rank.output.stderr_fd();
  descriptors.inherited = {plan.environment.lifeline_fd};
  if (plan.environment.store_fd >= 0) descriptors.inherited.push_back(plan.environment.store_fd);
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
    rank->output.start(*screen_);
    rank->process->async_wait([this, &rank = *rank](ProcessEnd end) { on_end(rank, end); });
  }
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
  if (is_stopping_) {
    screen_->show("dplaunch: SIG" + std::string(::sigabbrev_np(signal)) + ": killing " +
                  count_ranks(running_) + " now\n");
    return kill_all();
  }
  interrupted_by_ = signal;
  stop_all(std::string("SIG") + ::sigabbrev_np(signal));
}

void Supervisor::on_end(Rank& rank, ProcessEnd end) {
  rank.has_ended = true;
  rank.outcome.ended_ns = monotonic_ns();
  rank.outcome.exit_code = end.exit_code;
  rank.outcome.signal = end.signal;
  --running_;
  const bool has_failed = end.exit_code != 0 || end.signal != 0;
  if (has_failed && !is_stopping_) {
    stop_all(std::string("rank ").append(std::to_string(rank.outcome.rank)) + " failed, " +
             describe_end(rank.outcome));
  }
  if (running_ == 0) io_.stop();
}

void Supervisor::stop_all(const std::string& why) {
  is_stopping_ = true;
  // A rank that is dead already, though not noticed yet, died of its own accord.
  std::size_t stopped = 0;
  for (const auto& rank : ranks_) {
    rank->outcome.is_stopped_by_launcher = !rank->has_ended && !rank->process->is_dead();
    stopped += rank->outcome.is_stopped_by_launcher ? 1 : 0;
  }
  for (const auto& rank : ranks_) {
    rank->process->signal_group(SIGTERM);
    rank->process->signal_group(SIGCONT);  // one that is stopped could not obey
  }
  if (stopped == 0) return;
  screen_->show("dplaunch: " + why + ": stopping " + count_ranks(stopped) + ", killing after " +
                seconds(plan_.grace) +
                (interrupted_by_ == SIGINT ? "; Ctrl-C again kills at once\n" : "\n"));
  grace_.expires_after(plan_.grace);
  grace_.async_wait([this](boost::system::error_code error) {
    if (!error) kill_all();
  });
}

void Supervisor::kill_all() {
  for (const auto& rank : ranks_) rank->process->signal_group(SIGKILL);
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

Supervisor::JobEnd Supervisor::finish() {
  kill_all();  // what the workers left behind in their groups
  for (const auto& rank : ranks_) rank->process.reset();
  descendants_.kill_all();
  JobEnd end;
  end.interrupted_by = interrupted_by_;
  for (const auto& rank : ranks_) {
    rank->output.finish();
    rank->outcome.stderr_tail = rank->output.stderr_tail();
    end.outcomes.push_back(rank->outcome);
  }
  // From here on Ctrl-C ends the launcher itself, should the terminal stand still.
  signals_.clear();
  screen_.reset();
  return end;
}

}  // namespace dplaunch
