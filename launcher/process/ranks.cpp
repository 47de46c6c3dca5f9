#include "launcher/process/ranks.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "base/process/host_name.h"
#include "base/process/process_table.h"
#include "launcher/process/core_place.h"
#include "launcher/process/worker_environment.h"
#include "launcher/report/root_cause.h"
#include "launcher/runs/attempt_line.h"

namespace dplaunch {
namespace {

bool is_rank_shown(const SupervisionOptions& options, int rank) {
  return options.show_all_ranks ||
         std::count(options.shown_ranks.begin(), options.shown_ranks.end(), rank) > 0;
}

/// Before a rank's lines: its number and, where one terminal may show several hosts, this one's
/// name. Empty for one that is alone: what it writes passes through as it comes.
std::string prefix_of(const RankPlan& plan, bool is_alone_here) {
  const RankEnvironment& environment = plan.environment;
  if (environment.group_world_size > 1) {
    return fmt::format("[{}:{}] ", short_host_name(host_name()), environment.rank);
  }
  return is_alone_here ? std::string() : fmt::format("[{}] ", environment.rank);
}

/// All ranks of a plan have the same hosts and port: the first one's stand for them.
RendezvousSocket open_rendezvous(const LaunchPlan& plan) {
  const RankEnvironment& first = plan.ranks.front().environment;
  // A user may name one host by a name of its own.
  const std::string where = first.group_world_size > 1 ? first.master_addr : "127.0.0.1";
  switch (plan.rendezvous) {
    case RendezvousKind::kElsewhere:
      return RendezvousSocket();
    case RendezvousKind::kReserved:
      return RendezvousSocket::reserve(where, first.master_port);
    case RendezvousKind::kHandedOver:
      break;
  }
  return RendezvousSocket::listen(where, first.master_port);
}

}  // namespace

Ranks::Ranks(const LaunchPlan& plan, boost::asio::io_context& io)
    : plan_(plan),
      io_(io),
      rendezvous_(open_rendezvous(plan)),
      null_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
  if (!null_) throw system_error(ExitCode::kFailure, "cannot open /dev/null", errno);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw system_error(ExitCode::kFailure, "cannot make the lifeline pipe", errno);
  }
  lifeline_of_workers_.reset(ends[0]);
  lifeline_.reset(ends[1]);
}

void Ranks::start(OrphanGuard& guard, const ProcessMark& job,
                  const std::vector<int>& ignored_signals) {
  started_ns_ = monotonic_ns();
  // A rank's pipes are opened when it is started: each child inherits what is open by then, and
  // must close it.
  for (const RankPlan& rank : plan_.ranks) {
    start_worker(add_rank(rank), rank, guard, job, ignored_signals);
  }
  // With the launcher's copy left open, connections to a dead rank 0 would wait for an answer.
  rendezvous_.hand_over();
  lifeline_of_workers_.reset();
}

Rank& Ranks::add_rank(const RankPlan& plan) {
  const int number = plan.environment.rank;
  WorkerOutput::Options options;
  options.prefix = prefix_of(plan, plan_.ranks.size() == 1);
  options.rank = number;
  options.show_stdout = is_rank_shown(plan_.supervision, number);
  options.has_terminal = plan_.supervision.has_terminals;
  options.buffer = read_buffer_;
  RankLog log;
  if (plan_.run_folder) log = RankLog(plan_.run_folder->log(number), plan_.append_logs);
  if (plan_.run_folder && plan_.append_logs) {
    log.mark(attempt_line(plan_.attempt, plan.environment.restart_count, std::time(nullptr)));
  }
  ranks_.push_back(std::make_unique<Rank>(io_, std::move(options), std::move(log)));
  Rank& rank = *ranks_.back();
  rank.local_rank = plan.environment.local_rank;
  rank.outcome.rank = number;
  rank.outcome.device = plan.gpu ? plan.gpu->uuid : "cpu";
  if (plan_.run_folder) rank.outcome.log = plan_.run_folder->log(number);
  return rank;
}

void Ranks::start_worker(Rank& rank, RankPlan plan, OrphanGuard& guard, const ProcessMark& job,
                         const std::vector<int>& ignored_signals) {
  plan.environment.master_port =
      plan_.rendezvous == RendezvousKind::kElsewhere ? port_elsewhere_ : rendezvous_.port();
  if (plan_.is_own_worker) plan.environment.lifeline_fd = lifeline_of_workers_.get();
  if (plan_.rendezvous == RendezvousKind::kHandedOver && plan.environment.rank == 0) {
    plan.environment.store_fd = rendezvous_.fd();
  }
  ChildSetup::Descriptors descriptors;
  const bool has_input = gets_stdin(plan_.supervision, plan.environment.rank);
  descriptors.stdin_fd = has_input ? STDIN_FILENO : null_.get();
  descriptors.stdout_fd = rank.output.stdout_fd();
  descriptors.stderr_fd = rank.output.stderr_fd();
  for (const int fd : {plan.environment.lifeline_fd, plan.environment.store_fd}) {
    if (fd >= 0) descriptors.inherited.push_back(fd);
  }
  // Until the trainer can stop as it should, a preemption waits.
  const int held_signal = plan_.is_own_worker ? plan_.supervision.preempt_signal : 0;
  rank.process = std::make_unique<WorkerProcess>(
      io_, WorkerProcess::Command{plan.argv, worker_environment(plan)},
      ChildSetup(std::move(descriptors), job, ignored_signals, plan.cores.cpus, held_signal));
  guard.add_group(rank.process->pid());
  rank.output.close_worker_ends();
  rank.outcome.pid = rank.process->pid();
  ++running_;
}

void Ranks::watch(Screen& screen, Screen& errors, const std::function<void(Rank&)>& on_end) {
  for (const auto& rank : ranks_) {
    rank->output.start(screen, errors);
    rank->process->async_wait([this, on_end, &rank = *rank](ProcessEnd end) {
      rank.has_ended = true;
      rank.outcome.is_out_of_reach = false;
      rank.outcome.ended_ns = monotonic_ns();
      rank.outcome.exit_code = end.exit_code;
      rank.outcome.signal = end.signal;
      if (end.dumped_core)
        rank.outcome.core = core_place(core_rule(), rank.process->pid(), end.signal);
      --running_;
      on_end(rank);
    });
  }
}

void Ranks::look_for_ends() const {
  for (const auto& rank : ranks_) rank->process->look();
}

std::vector<std::pair<Rank*, int>> Ranks::take_stops() const {
  std::vector<std::pair<Rank*, int>> stops;
  // Not rank by rank: it is asked at each SIGCHLD, of which there is one for each rank that ends.
  for (siginfo_t info{};; info = {}) {
    const int result = ::waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG);
    if (result != 0 && errno == EINTR) continue;
    if (result != 0 || info.si_pid == 0) return stops;
    const auto rank = std::find_if(ranks_.begin(), ranks_.end(), [&](const auto& one) {
      return !one->has_ended && one->process->pid() == info.si_pid;
    });
    if (rank != ranks_.end()) stops.emplace_back(rank->get(), info.si_status);
  }
}

void Ranks::resume_output() {
  for (const auto& rank : ranks_) rank->output.resume();
}

std::set<pid_t> Ranks::worker_pids() const {
  std::set<pid_t> pids;
  for (const auto& rank : ranks_) pids.insert(rank->process->pid());
  return pids;
}

std::map<int, pid_t> Ranks::pid_by_rank() const {
  std::map<int, pid_t> pids;
  for (const auto& rank : ranks_) pids[rank->outcome.rank] = rank->process->pid();
  return pids;
}

std::size_t Ranks::awaited() const {
  const auto out_of_reach = std::count_if(ranks_.begin(), ranks_.end(), [](const auto& rank) {
    return !rank->has_ended && rank->outcome.is_out_of_reach;
  });
  return running_ - static_cast<std::size_t>(out_of_reach);
}

std::optional<int> Ranks::rank_of_group(pid_t group) const {
  for (const auto& rank : ranks_) {
    if (rank->process->pid() == group) return rank->outcome.rank;
  }
  return std::nullopt;
}

bool Ranks::has_ended(pid_t group) const {
  return std::any_of(ranks_.begin(), ranks_.end(), [&](const auto& rank) {
    return rank->has_ended && rank->process->pid() == group;
  });
}

std::size_t Ranks::ask_to_stop(const AskToStop& request) {
  // All are looked at before the first gets the signal: one may die of the other's death at once.
  std::size_t asked = 0;
  // A traceback may wait in a pipe that is not read because of a slow reader.
  for (const auto& rank : ranks_) rank->output.take_errors();
  for (const auto& rank : ranks_) {
    // One that is dead already, though not noticed yet, died of its own accord, or was stopped by
    // an earlier request.
    if (rank->has_ended || rank->process->is_ending()) continue;
    note_request(*rank, request.request);
    ++asked;
  }
  for (const auto& rank : ranks_) ask(*rank, request.signal, request.recipient);
  return asked;
}

void Ranks::note_request(Rank& rank, int request) const {
  RankOutcome& outcome = rank.outcome;
  outcome.stop_signal = request;
  if (std::exchange(outcome.is_stopped_by_launcher, true)) return;
  outcome.stop_asked_ns = monotonic_ns();
  // An uncaught exception may take a program seconds to leave with, in which others die of it.
  constexpr std::int64_t kRecentNs = 10'000'000'000;
  const bool is_recent = outcome.stop_asked_ns - rank.output.last_output_ns() < kRecentNs;
  const std::size_t index = static_cast<std::size_t>(rank.local_rank);
  const bool has_recorded = ::access(plan_.ranks[index].environment.error_file.c_str(), F_OK) == 0;
  outcome.was_failing = has_recorded || (is_recent && ends_in_traceback(rank.output.stderr_tail()));
}

bool Ranks::insist_on_stop(const InsistOnStop& insist) {
  bool any_asked = false;
  for (const auto& rank : ranks_) {
    if (rank->has_ended || rank->outcome.stop_signal != SIGINT) continue;
    rank->outcome.stop_signal = SIGTERM;
    ask(*rank, SIGTERM, insist.recipient);
    any_asked = true;
  }
  return any_asked;
}

void Ranks::ask(Rank& rank, int signal, Recipient recipient) {
  if (signalled_ == std::pair(rank.process->pid(), signal)) return;
  if (recipient == Recipient::kGroup) rank.process->signal_group(signal);
  // One that has become another user's is noticed, though the rest of its group has not.
  const bool is_told = recipient == Recipient::kGroup && rank.process->signal(0);
  if (!rank.has_ended && !is_told) send(rank, signal);
  rank.process->signal_group(SIGCONT);  // one that is stopped could not obey
}

void Ranks::send(Rank& rank, int signal) {
  if (rank.process->signal(signal) || std::exchange(rank.refuses_signals, true)) return;
  refusing_.push_back(&rank);
}

std::vector<const Rank*> Ranks::take_refusing() {
  return std::exchange(refusing_, {});
}

void Ranks::signal_workers(int signal) {
  for (const auto& rank : ranks_) {
    if (!rank->has_ended) send(*rank, signal);
  }
}

void Ranks::kill_workers() {
  for (const auto& rank : ranks_) {
    if (!rank->has_ended && !rank->process->signal(SIGKILL)) {
      rank->outcome.is_out_of_reach = !rank->process->is_ending();
    }
    rank->process->signal_group(SIGTERM);
    rank->process->signal_group(SIGCONT);
  }
}

void Ranks::signal_groups(int signal) const {
  for (const auto& rank : ranks_) rank->process->signal_group(signal);
}

std::vector<RankSign> Ranks::signs_of_life(const StatusBoard* board) const {
  std::vector<RankSign> signs;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    if (ranks_[i]->has_ended) continue;
    RankSign sign;
    sign.local_rank = i;
    sign.is_halted = is_suspended(process_state(ranks_[i]->process->pid()));
    sign.is_held_up = ranks_[i]->output.is_held_up();
    if (board != nullptr) sign.status = board->read(static_cast<int>(i));
    sign.since_ns = std::max(started_ns_, board != nullptr ? sign.status.updated_ns
                                                           : ranks_[i]->output.last_output_ns());
    signs.push_back(sign);
  }
  return signs;
}

std::vector<RankProgress> Ranks::progress(const StatusBoard* board) const {
  std::vector<RankProgress> all;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    const RankOutcome& outcome = ranks_[i]->outcome;
    RankProgress rank;
    rank.rank = rank.last_rank = outcome.rank;
    rank.output_ns = ranks_[i]->output.last_output_ns();
    if (ranks_[i]->has_ended) rank.end = RankEnd{rank.rank, exit_code_of(outcome), outcome.signal};
    if (board != nullptr) rank.status = board->read(static_cast<int>(i));
    if (rank.status && rank.status->updated_ns == 0) rank.status.reset();
    all.push_back(rank);
  }
  return all;
}

void Ranks::release_workers(bool kills_groups) {
  for (const auto& rank : ranks_) {
    if (!kills_groups) rank->process->let_group_go();
    rank->process.reset();
  }
}

std::vector<RankOutcome> Ranks::finish() {
  std::vector<RankOutcome> outcomes;
  for (const auto& rank : ranks_) {
    rank->output.finish();
    rank->outcome.stderr_tail = rank->output.stderr_tail();
    outcomes.push_back(rank->outcome);
  }
  return outcomes;
}

}  // namespace dplaunch
