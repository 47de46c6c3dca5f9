#include "launcher/process/supervise.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "base/text/words.h"
#include "common/status_board.h"
#include "launcher/process/back_off.h"
#include "launcher/process/gpu_users.h"
#include "launcher/process/oom_kills.h"
#include "launcher/process/restart_budget.h"
#include "launcher/process/signal_scope.h"
#include "launcher/process/supervisor.h"
#include "launcher/report/failure_report.h"
#include "launcher/runs/run_summary.h"

namespace dplaunch {
namespace {

// Pipes and sockets must not get these numbers: they would be overwritten on the way to exec.
void open_standard_streams() {
  int fd = -1;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

void remove_stale_record(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) {
    throw Error(ExitCode::kStorage,
                "cannot remove the old error record " + path + ": " + error.message());
  }
}

// Fills in what the ranks need of the run folder.
LaunchPlan prepare(LaunchPlan plan) {
  if (plan.ranks.empty()) throw Error(ExitCode::kUsage, "the launch plan has no ranks");
  if (plan.run_folder) {
    std::error_code error;
    std::filesystem::create_directories(plan.run_folder->root(), error);
    if (error) {
      throw Error(ExitCode::kStorage, "cannot make the run folder " +
                                          plan.run_folder->root().string() + ": " +
                                          error.message());
    }
  }
  for (RankPlan& rank : plan.ranks) {
    RankEnvironment& environment = rank.environment;
    if (rank.argv.empty()) {
      throw Error(ExitCode::kUsage, "rank " + std::to_string(environment.rank) + " has no command");
    }
    if (plan.run_folder) {
      if (environment.run_dir.empty()) environment.run_dir = plan.run_folder->root();
      if (environment.status_board.empty()) {
        environment.status_board = plan.run_folder->status_board();
      }
      if (environment.error_file.empty()) {
        environment.error_file = plan.run_folder->error_record(environment.rank);
      }
    }
  }
  return plan;
}

void add_what_ranks_told(std::vector<RankOutcome>& outcomes, const LaunchPlan& plan,
                         const std::optional<StatusBoard>& board) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const RankEnvironment& environment = plan.ranks[i].environment;
    if (!environment.error_file.empty()) {
      outcomes[i].record = read_error_record(environment.error_file);
    }
    if (!board) continue;
    const RankStatus status = board->read(environment.local_rank);
    if (status.updated_ns > 0) outcomes[i].status = status;
  }
}

/// One attempt: all ranks, from their start to the end of the last.
JobEnd attempt(LaunchPlan plan, int restarts, std::ostream& out, std::ostream& err) {
  for (RankPlan& rank : plan.ranks) {
    rank.environment.restart_count = restarts;
    if (!rank.environment.error_file.empty()) remove_stale_record(rank.environment.error_file);
  }
  plan.append_logs = plan.append_logs || restarts > 0;
  std::optional<StatusBoard> board;
  if (plan.run_folder) {
    board =
        StatusBoard::create(plan.run_folder->status_board(), static_cast<int>(plan.ranks.size()));
  }
  JobEnd end = Supervisor(plan, board ? &*board : nullptr, out, err).run();
  add_what_ranks_told(end.outcomes, plan, board);
  return end;
}

/// Waits for the next attempt's time; false if there is none, or the job was ended meanwhile, as
/// `end` tells.
bool is_restarted(RestartBudget& budget, const Verdict& verdict, int preempt_signal, JobEnd& end,
                  std::ostream& out) {
  if (verdict.result != JobResult::kFailed || end.is_given_up) return false;
  const auto pause = budget.take(verdict.exit_code);
  if (!pause) return false;
  BackOff back_off(preempt_signal);
  out << "dplaunch: restart " << budget.used() << " of " << budget.allowed() << " in "
      << seconds_text(*pause) << '\n'
      << std::flush;
  const int received = back_off.wait(*pause);
  end.was_to_restart = true;
  end.is_preempted = received != 0 && received == preempt_signal;
  end.interrupted_by = end.is_preempted ? 0 : received;
  return received == 0;
}

void report_failure(const JobEnd& end, const Verdict& verdict, long earlier_oom_kills,
                    std::ostream& reports) {
  if (!verdict.root_cause) return;
  FailureContext context;
  const long oom_kills = count_oom_kills();
  if (oom_kills >= 0) context.oom_kills = oom_kills - earlier_oom_kills;
  const RankOutcome& root = end.outcomes[*verdict.root_cause];
  if (is_gpu_out_of_memory(root)) context.other_gpu_users = gpu_users(root.device);
  reports << failure_report(end.outcomes, *verdict.root_cause, context) << std::flush;
}

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}

/// The job's own result stands, whether it can be written down or not.
void record_job(const LaunchPlan& plan, const JobEnd& end, const Verdict& verdict, double seconds,
                int restarts) {
  if (!plan.run_folder) return;
  try {
    write_job_summary(*plan.run_folder, end, verdict, seconds, restarts);
  } catch (const Error& error) {
    std::cerr << "dplaunch: warning: " << error.what() << '\n' << std::flush;
  }
}

int run_job(const LaunchPlan& requested, std::ostream& out, std::ostream& err,
            std::ostream& reports) {
  const SignalsHeld signals_held(requested.supervision.preempt_signal);
  open_standard_streams();
  const LaunchPlan plan = prepare(requested);
  const std::int64_t start_ns = monotonic_ns();
  const long oom_kills = count_oom_kills();
  RestartBudget budget(plan);
  for (int restarts = 0;; ++restarts) {
    JobEnd end = attempt(plan, restarts, out, err);
    Verdict verdict = judge(end, plan.is_own_worker);
    report_failure(end, verdict, oom_kills, reports);
    if (is_restarted(budget, verdict, plan.supervision.preempt_signal, end, err)) continue;
    verdict = judge(end, plan.is_own_worker);
    record_job(plan, end, verdict, seconds_since(start_ns), restarts);
    return verdict.exit_code;
  }
}

}  // namespace

int supervise(const LaunchPlan& plan, std::ostream& out) {
  return run_job(plan, out, out, std::cerr);
}

int supervise(const LaunchPlan& plan, std::ostream& out, std::ostream& err) {
  return run_job(plan, out, err, err);
}

}  // namespace dplaunch
