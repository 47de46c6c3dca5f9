#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/rank_environment.h"
#include "common/run_folder.h"
#include "launcher/affinity/cpu_binding.h"
#include "launcher/devices/gpu.h"

namespace dplaunch {

/// What the hosts of a job have settled when they met.
struct Meeting {
  int first_rank = 0;  ///< of this host
  int world_size = 1;
  std::vector<int> processes;  ///< of each host, by its index
  std::string run_id;          ///< random: no other job's ranks are met by mistake
  std::string address;         ///< of host 0, as this host reaches it
  std::string interface;       ///< of this host, by which it reaches the others; empty: unknown
};

/// This host's place among the hosts of a job, each of which runs its own launcher.
struct Hosts {
  int count = 1;
  int index = 0;                          ///< --node-rank
  std::string master_addr = "127.0.0.1";  ///< of host 0, as seen from all
  /// One host: the store's port, 0: any free one. Several: where their launchers meet.
  int master_port = 0;
  bool is_task = false;                 ///< an engine started all of them, with the same words
  std::string job_id = {};              ///< that it gave all of them; empty: it did not
  bool has_index = true;                ///< false: it is given one when the hosts meet
  std::vector<std::string> notes = {};  ///< where this comes from, for the user
  std::string token = {};               ///< what the launchers prove to know; may be empty
  std::chrono::milliseconds rendezvous_timeout{600'000};  ///< until all are there
  std::chrono::milliseconds host_timeout{3000};           ///< after which a silent one is lost
  int min_count = 0;  ///< with so many the job begins, and goes on after a loss; 0: with all
  std::chrono::milliseconds last_call{600'000};  ///< for the others once those are there
  std::optional<Meeting> met = {};

  /// Whether launchers meet: a job that could have several hosts may have begun with one.
  bool is_joint() const { return count > 1 || met.has_value(); }
};

/// Where Prometheus asks for the figures of a job.
struct MetricsPlace {
  std::string address = "127.0.0.1";
  int port = 0;  ///< 0: any free one
};

/// What to do with a rank that hangs.
enum class OnStall {
  kWarn,     ///< say so, and go on waiting
  kStop,     ///< end the job as failed
  kRestart,  ///< start all ranks anew, as after a failure
};

/// Who gets the launcher's standard input, and its terminal when it wants that; all others get an
/// empty input.
enum class StdinFor { kNobody, kRank0, kAllRanks };

/// How the workers of a job are watched and ended.
struct SupervisionOptions {
  /// Between the polite request and SIGKILL, on every path on which workers are ended.
  std::chrono::milliseconds grace{10000};
  /// What the ranks leave behind has so long to end by itself, and so long again after SIGTERM,
  /// unless the job was stopped: then it has the rest of the grace.
  std::chrono::milliseconds moment{1000};
  /// The launcher has nothing to do after this job: a signal that comes after its end changes
  /// nothing of the exit code.
  bool ends_program = false;
  bool leaves_running = false;  ///< what is left behind after a success lives on
  /// How often all ranks are started anew after a failure, not counting those that came after a
  /// new checkpoint.
  int max_restarts = 0;
  /// The first pause before a restart; it doubles up to `kLongestBackOff`.
  std::chrono::milliseconds back_off{1000};
  static constexpr std::chrono::milliseconds kLongestBackOff{60000};
  /// The signal by which a batch system announces the end: checkpoint, stop, exit code 75. 0: none.
  int preempt_signal = 0;
  /// A rank that shows no sign of life for so long hangs; 0: no check.
  std::chrono::milliseconds stall_timeout{0};
  OnStall on_stall = OnStall::kWarn;
  /// Ranks whose standard output is shown; their logs hold it in any case.
  bool show_all_ranks = false;
  std::vector<int> shown_ranks = {0};
  StdinFor stdin_for = StdinFor::kNobody;
  /// Of the launcher's own lines only warnings and errors are shown.
  bool is_quiet = false;
  /// Ranks write to pseudo-terminals: some programs hold their output back otherwise.
  bool has_terminals = false;
  std::optional<MetricsPlace> metrics;  ///< nullopt: nowhere
  /// Standard output, to keep a live view at its bottom if it is a terminal; -1: no live view.
  int live_view_fd = -1;
};

inline bool gets_stdin(const SupervisionOptions& options, int rank) {
  return options.stdin_for == StdinFor::kAllRanks ||
         (options.stdin_for == StdinFor::kRank0 && rank == 0);
}

/// One worker process to be: everything that `--dry-run` prints of it.
struct RankPlan {
  RankEnvironment environment;     ///< master_port and the descriptors are filled in at the start
  EnvironmentVariables variables;  ///< CUDA_VISIBLE_DEVICES, OMP_NUM_THREADS, ...: set or replaced
  std::optional<Gpu> gpu;          ///< nullopt on the CPU
  CpuBinding cores;                ///< bound to before its program starts
  std::vector<std::string> argv;   ///< argv[0] is the path of an existing executable
};

/// How the ranks find each other: what the launcher does with MASTER_PORT.
enum class RendezvousKind {
  /// The launcher listens and hands the socket to rank 0, which serves the store on it: dplaunch's
  /// own worker.
  kHandedOver,
  /// The launcher keeps the port free for whatever rank 0 will listen with: any command.
  kReserved,
  /// The port is on another host, which says which when the ranks are about to start.
  kElsewhere,
};

/// All workers of one job on this host.
struct LaunchPlan {
  std::vector<RankPlan> ranks;
  std::vector<Gpu> gpus;  ///< of the ranks; a command may share them, or have more than ranks
  /// Where rank-N.log, error records and the status board go; nullopt: nothing is written.
  std::optional<RunFolder> run_folder;
  std::string start_id;      ///< tells this start of the run from others, in its records
  bool append_logs = false;  ///< a resumed run goes on in its own logs
  int attempt = 1;           ///< the number of this start among those of the run
  /// dplaunch's own workers: they finish their step and write a checkpoint at SIGTERM, report their
  /// progress on the status board, and print their stack when asked.
  bool is_own_worker = true;
  RendezvousKind rendezvous = RendezvousKind::kHandedOver;
  std::string meeting;  ///< where the launchers of several hosts meet: "node0:29500"
  std::vector<int> processes_of_hosts;  ///< by the host's index, once they have met
  int min_hosts = 0;                    ///< Hosts::min_count
  SupervisionOptions supervision;
  std::vector<std::string> notes;  ///< to be shown before the start: a busy GPU, fewer threads
};

}  // namespace dplaunch
