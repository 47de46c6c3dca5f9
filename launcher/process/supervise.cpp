#include "launcher/process/supervise.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "common/error.h"
#include "common/status_board.h"
#include "launcher/process/supervisor.h"
#include "launcher/report/failure_report.h"
#include "launcher/report/root_cause.h"

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
    if (!environment.error_file.empty()) remove_stale_record(environment.error_file);
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

// When the user ended the job, only a failure that a rank reported itself is news.
bool is_worth_reporting(const RankOutcome& root, bool is_interrupted) {
  if (!is_interrupted) return true;
  return !root.is_stopped_by_launcher || (root.record && !root.record->is_consequence);
}

}  // namespace

int supervise(const LaunchPlan& requested, std::ostream& out) {
  open_standard_streams();
  const LaunchPlan plan = prepare(requested);
  std::optional<StatusBoard> board;
  if (plan.run_folder) {
    board =
        StatusBoard::create(plan.run_folder->status_board(), static_cast<int>(plan.ranks.size()));
  }
  Supervisor::JobEnd end = Supervisor(plan, out).run();
  add_what_ranks_told(end.outcomes, plan, board);
  const std::optional<std::size_t> root = find_root_cause(end.outcomes);
  const bool is_interrupted = end.interrupted_by != 0;
  if (root && is_worth_reporting(end.outcomes[*root], is_interrupted)) {
    std::cerr << failure_report(end.outcomes, *root) << std::flush;
  }
  if (is_interrupted) return 128 + end.interrupted_by;
  return root ? exit_code_of(end.outcomes[*root]) : to_int(ExitCode::kSuccess);
}

}  // namespace dplaunch
