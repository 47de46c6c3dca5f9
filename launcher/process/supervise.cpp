#include "launcher/process/supervise.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "base/process/open_file_limit.h"
#include "base/process/shortage.h"
#include "base/process/signal_name.h"
#include "base/text/printable.h"
#include "common/status_board.h"
#include "launcher/metrics/metrics_server.h"
#include "launcher/process/failure_probe.h"
#include "launcher/process/other_hosts.h"
#include "launcher/process/restarts.h"
#include "launcher/process/signal_scope.h"
#include "launcher/process/supervisor.h"
#include "launcher/report/failure_report.h"
#include "launcher/report/root_cause.h"
#include "launcher/runs/hosts_file.h"
#include "launcher/runs/run_summary.h"

namespace dplaunch {
namespace {

/// Where the ranks' output, the launcher's own words and its reports of failures go.
struct Output {
  std::ostream& out;
  std::ostream& err;
  std::ostream& reports;
};

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
                fmt::format("cannot remove the old error record {}: {}", path, error.message()));
  }
}

// Fills in what the ranks need of the run folder.
LaunchPlan prepare(LaunchPlan plan) {
  if (plan.ranks.empty()) throw Error(ExitCode::kUsage, "the launch plan has no ranks");
  if (plan.run_folder) {
    plan.run_folder->check_ours();
    std::error_code error;
    std::filesystem::create_directories(plan.run_folder->root(), error);
    if (error) {
      throw Error(ExitCode::kStorage,
                  fmt::format("cannot make the run folder {}: {}", plan.run_folder->root().string(),
                              error.message()));
    }
  }
  for (RankPlan& rank : plan.ranks) {
    RankEnvironment& environment = rank.environment;
    if (rank.argv.empty()) {
      throw Error(ExitCode::kUsage, fmt::format("rank {} has no command", environment.rank));
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

void add_what_ranks_reported(std::vector<RankOutcome>& outcomes, const LaunchPlan& plan,
                             const std::optional<StatusBoard>& board) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const RankEnvironment& environment = plan.ranks[i].environment;
    if (!environment.error_file.empty()) {
      outcomes[i].record = read_error_record(environment.error_file);
    }
    if (!board) continue;
    const RankStatus status = board->read(static_cast<int>(i));
    if (status.updated_ns > 0) outcomes[i].status = status;
  }
}

/// Whether the trainer can go on from somewhere. Another host may have it: ranks leave by
/// themselves when it is written.
bool has_checkpoint(const LaunchPlan& plan, const std::vector<RankOutcome>& outcomes) {
  std::error_code error;
  if (plan.run_folder && std::filesystem::exists(plan.run_folder->latest_checkpoint(), error)) {
    return true;
  }
  return std::all_of(outcomes.begin(), outcomes.end(), [](const RankOutcome& outcome) {
    return outcome.exit_code == to_int(ExitCode::kPreempted) ||
           outcome.exit_code == to_int(ExitCode::kTerminated);
  });
}

LaunchPlan plan_of_attempt(LaunchPlan plan, int restarts) {
  if (plan.run_folder) plan.run_folder->check_ours();
  for (RankPlan& rank : plan.ranks) {
    rank.environment.restart_count = restarts;
    if (!rank.environment.error_file.empty()) remove_stale_record(rank.environment.error_file);
  }
  // The log of the attempt that failed is what the user will want to read.
  plan.append_logs = plan.append_logs || restarts > 0;
  return plan;
}

std::optional<StatusBoard> make_board(const LaunchPlan& plan) {
  if (!plan.run_folder) return std::nullopt;
  return StatusBoard::create(plan.run_folder->status_board(), static_cast<int>(plan.ranks.size()));
}

/// One attempt: all ranks, from their start to the end of the last, and until all that they wrote
/// is shown.
class Attempt {
 public:
  Attempt(const LaunchPlan& plan, int restarts, Output output, OtherHosts* hosts,
          MetricsServer* metrics)
      : plan_(plan_of_attempt(plan, restarts)),
        board_(make_board(plan_)),
        hosts_(hosts),
        number_(restarts),
        supervisor_(plan_, board_ ? &*board_ : nullptr, output.out, output.err, hosts, metrics) {}

  JobEnd run() {
    if (hosts_ != nullptr) {
      supervisor_.meet_at(hosts_->meet_to_start(number_, supervisor_.rendezvous_port()));
    }
    JobEnd end = supervisor_.run();
    add_what_ranks_reported(end.outcomes, plan_, board_);
    end.has_checkpoint = has_checkpoint(plan_, end.outcomes);
    return end;
  }

  /// What is known on this host of the failure that came first here.
  FailureContext context_of(const JobEnd& end, const FailureProbe& probe) const {
    FailureContext context;
    const std::optional<std::size_t> first = find_root_cause(end.outcomes);
    if (!first) return context;
    context = probe.context_of(end.outcomes[*first]);
    context.port_stranger = end.port_stranger;
    context.has_no_input = !gets_stdin(plan_.supervision, end.outcomes[*first].rank);
    return context;
  }

  void report_failure(const CommonEnd& common, const Verdict& verdict, std::ostream& reports) {
    const JobEnd& end = common.end;
    if (verdict.root_cause) {
      const std::size_t root = *verdict.root_cause;
      supervisor_.say(failure_report(end.outcomes, root, common.contexts[root]), reports);
    } else if (end.lost_host && verdict.result == JobResult::kFailed) {
      supervisor_.say(failure_report(*end.lost_host), reports);
    }
  }

  void show_all(std::optional<int> settled_code) { supervisor_.show_all(settled_code); }

 private:
  const LaunchPlan plan_;
  std::optional<StatusBoard> board_;
  OtherHosts* hosts_;
  int number_;
  Supervisor supervisor_;
};

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}

/// The job's own result stands, whether it can be written down or not, unless its folder is gone.
void record_job(const LaunchPlan& plan, const JobEnd& end, const Verdict& verdict, double seconds,
                int restarts) {
  if (!plan.run_folder) return;
  // Of a training nothing is left then; a command has its own results.
  if (plan.is_own_worker) plan.run_folder->check_ours();
  try {
    write_job_summary(*plan.run_folder, plan.start_id, end, verdict, seconds, restarts);
  } catch (const Error& error) {
    std::cerr << "dplaunch: warning: " << printable(error.what()) << '\n' << std::flush;
  }
}

int run_attempts(const LaunchPlan& plan, Output output, OtherHosts* hosts, MetricsServer* metrics,
                 std::int64_t start_ns, int& restart) {
  const auto& [out, err, reports] = output;
  const int preempt_signal = plan.supervision.preempt_signal;
  const FailureProbe probe;
  Restarts restarts(plan);
  for (;; ++restart) {
    std::optional<Attempt> attempt;
    const LaunchPlan current =
        hosts != nullptr ? hosts->plan_for_those_left(plan, restart, err) : plan;
    const auto prepare_attempt = [&] { attempt.emplace(current, restart, output, hosts, metrics); };
    hosts != nullptr ? hosts->while_paused(prepare_attempt) : prepare_attempt();
    CommonEnd common{attempt->run(), {}};
    const FailureContext context = attempt->context_of(common.end, probe);
    common.contexts.assign(common.end.outcomes.size(), context);
    if (hosts != nullptr) {
      common = hosts->agree_on_end(restart, common.end, context);
      if (plan.run_folder) write_hosts(*plan.run_folder, plan.start_id, hosts->progress());
    }
    const JobEnd& end = common.end;
    Verdict verdict = judge(end, plan.is_own_worker);
    std::optional<Pause> pause = restarts.next(end, verdict);
    const bool may_restart = end.lost_host ? end.is_enough_left : plan.supervision.max_restarts > 0;
    if (hosts != nullptr && may_restart) pause = hosts->agree_on_restart(restart, pause);
    // Before the wait for a reader that may stand still.
    if (!pause) record_job(plan, end, verdict, seconds_since(start_ns), restart);
    attempt->report_failure(common, verdict, reports);
    // Without a run folder the output that is not shown yet is nowhere else.
    const bool is_settled = !pause && plan.supervision.ends_program && plan.run_folder;
    attempt->show_all(is_settled ? std::optional(verdict.exit_code) : std::nullopt);
    if (!pause) return verdict.exit_code;
    attempt.reset();
    const auto interruption = wait_for_restart(*pause, preempt_signal, err);
    if (!interruption) continue;
    verdict = judge(end, plan.is_own_worker, *interruption);
    record_job(plan, end, verdict, seconds_since(start_ns), restart);
    return verdict.exit_code;
  }
}

/// What went wrong as the error that the user will read.
Error as_error(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return *error;
  // Of threads and of asio, which do not say what they were at.
  int number = 0;
  if (const auto* error = dynamic_cast<const std::system_error*>(&exception)) {
    number = error->code().value();
  } else if (const auto* boost_error =
                 dynamic_cast<const boost::system::system_error*>(&exception)) {
    number = boost_error->code().value();
  } else if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    number = ENOMEM;
  }
  if (number == 0) return Error(ExitCode::kFailure, exception.what());
  return system_error(ExitCode::kFailure, "cannot supervise the job", number,
                      shortage_hint(number));
}

/// nullptr: nobody asked for it.
std::unique_ptr<MetricsServer> open_metrics(const SupervisionOptions& options, std::ostream& err) {
  if (!options.metrics) return nullptr;
  auto server = std::make_unique<MetricsServer>(*options.metrics);
  if (!options.is_quiet) err << fmt::format("metrics    {}\n", server->url()) << std::flush;
  return server;
}

int run_job(const LaunchPlan& requested, Output output, HostChannel* channel) {
  const SignalsHeld signals_held(requested.supervision.preempt_signal);
  open_standard_streams();
  raise_open_file_limit();
  const std::int64_t start_ns = monotonic_ns();
  int restart = 0;
  try {
    std::optional<OtherHosts> hosts;
    if (channel != nullptr) hosts.emplace(*channel, requested);
    const std::unique_ptr<MetricsServer> metrics = open_metrics(requested.supervision, output.err);
    return run_attempts(prepare(requested), output, hosts ? &*hosts : nullptr, metrics.get(),
                        start_ns, restart);
  } catch (const std::exception& exception) {
    // That is an end too: without a word of it the run would be taken for killed.
    const Error error = as_error(exception);
    JobEnd end;
    end.launcher_error = error.what();
    Verdict verdict;
    verdict.result =
        is_end_by_user(to_int(error.code())) ? JobResult::kStopped : JobResult::kFailed;
    verdict.exit_code = to_int(error.code());
    record_job(requested, end, verdict, seconds_since(start_ns), restart);
    throw error;
  }
}

}  // namespace

int supervise(const LaunchPlan& plan, std::ostream& out, HostChannel* channel) {
  return run_job(plan, {out, out, std::cerr}, channel);
}

int supervise(const LaunchPlan& plan, std::ostream& out, std::ostream& err, HostChannel* channel) {
  return run_job(plan, {out, err, err}, channel);
}

}  // namespace dplaunch
