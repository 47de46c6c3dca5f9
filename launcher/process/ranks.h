#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files/unique_fd.h"
#include "common/status_board.h"
#include "launcher/plan/launch_plan.h"
#include "launcher/process/orphan_guard.h"
#include "launcher/process/rendezvous_socket.h"
#include "launcher/process/screen.h"
#include "launcher/process/stop_policy.h"
#include "launcher/process/worker_output.h"
#include "launcher/process/worker_process.h"
#include "launcher/report/rank_outcome.h"
#include "launcher/report/stalled_rank.h"
#include "launcher/runs/hosts_file.h"

namespace dplaunch {

/// One rank: its process, what it writes, and what is known of its end.
struct Rank {
  Rank(boost::asio::io_context& io, WorkerOutput::Options options, RankLog log)
      : output(io, std::move(options), std::move(log)) {}
  WorkerOutput output;
  std::unique_ptr<WorkerProcess> process;
  int local_rank = 0;
  bool refuses_signals = false;  ///< it has become another user's
  RankOutcome outcome;
  bool has_ended = false;
};

/// All ranks of one attempt at a job on this host, and what they share: the rendezvous, and the
/// pipe by which they notice the launcher's death. Decides nothing. The destructor kills and reaps
/// the workers. Not thread-safe.
class Ranks {
 public:
  /// Takes the rendezvous port. `plan` must outlive this; its run folder must exist.
  /// Throws Error(kRendezvous, kFailure).
  Ranks(const LaunchPlan& plan, boost::asio::io_context& io);

  /// Starts the workers, with the mark `job` on them; their groups are reported to
  /// `guard`. Call once. Throws Error(kStorage) for a log, Error(kNotFound, kNotExecutable) for a
  /// worker; those that were started before it are the destructor's affair.
  void start(OrphanGuard& guard, const ProcessMark& job, const std::vector<int>& ignored_signals);

  /// Shows the ranks' output from now on, and calls `on_end` from `io` for each that ends, with its
  /// outcome filled in but for error record and status.
  void watch(Screen& screen, Screen& errors, const std::function<void(Rank&)>& on_end);

  /// To be called at each SIGCHLD: where no pidfd tells that a rank has ended, this does.
  void look_for_ends() const;

  /// The ranks that have been stopped since this was last asked, and the signal that did it.
  std::vector<std::pair<Rank*, int>> take_stops() const;
  /// While this is set, the worker whose group that is has `signal` already: a request to stop does
  /// not send it that once more. 0: none.
  void set_signalled(pid_t group, int signal) { signalled_ = {group, signal}; }

  /// Where rank 0 serves the rendezvous; 0: on another host, which says where.
  int rendezvous_port() const { return rendezvous_.port(); }
  void meet_at(int port_elsewhere) { port_elsewhere_ = port_elsewhere; }
  /// The port that rank 0 was promised and will open itself; 0: there is none.
  int reserved_port() const {
    return plan_.rendezvous == RendezvousKind::kReserved ? rendezvous_.port() : 0;
  }
  /// Goes on reading what waited for room on a screen.
  void resume_output();

  Rank& operator[](std::size_t local_rank) { return *ranks_[local_rank]; }
  /// How many have not been seen to end.
  std::size_t running() const { return running_; }
  /// How many of them will: the others are out of reach.
  std::size_t awaited() const;
  std::set<pid_t> worker_pids() const;
  std::map<int, pid_t> pid_by_rank() const;
  /// Whose process group this is.
  std::optional<int> rank_of_group(pid_t group) const;
  /// Whether it is the process group of a rank that has ended.
  bool has_ended(pid_t group) const;

  /// Asks all to end and notes it in the outcomes. Returns how many were alive.
  std::size_t ask_to_stop(const AskToStop& ask);
  /// Returns whether there was anybody to insist with.
  bool insist_on_stop(const InsistOnStop& insist);
  /// To the workers that run, without their children.
  void signal_workers(int signal);
  /// Kills the workers that run, and asks what else is in their groups to end by SIGTERM.
  void kill_workers();
  /// Those that have refused a signal since the last call.
  std::vector<const Rank*> take_refusing();
  /// To all process groups, those of workers that have ended as well: children may be left there.
  void signal_groups(int signal) const;

  /// The ranks that run, with their last sign of life: their status on `board`, or, where that is
  /// nullptr, their last output. At the earliest this is the moment of start().
  std::vector<RankSign> signs_of_life(const StatusBoard* board) const;

  /// How all of them get on, for other hosts. `board` as above.
  std::vector<RankProgress> progress(const StatusBoard* board) const;

  /// Lets go of the workers, all of which are killed unless they are out of reach, and of their
  /// process groups, which are killed as well if `kills_groups`.
  void release_workers(bool kills_groups);
  /// All outcomes, by local rank, after the last output was read.
  std::vector<RankOutcome> finish();

 private:
  Rank& add_rank(const RankPlan& plan);
  void start_worker(Rank& rank, RankPlan plan, OrphanGuard& guard, const ProcessMark& job,
                    const std::vector<int>& ignored_signals);
  void note_request(Rank& rank, int request) const;
  void ask(Rank& rank, int signal, Recipient recipient);
  void send(Rank& rank, int signal);

  const LaunchPlan& plan_;
  boost::asio::io_context& io_;
  RendezvousSocket rendezvous_;
  int port_elsewhere_ = 0;
  UniqueFd null_;
  UniqueFd lifeline_of_workers_;
  UniqueFd lifeline_;  ///< the only write end: closed by the kernel when the launcher dies
  std::vector<char> read_buffer_ = std::vector<char>(64 << 10);
  std::vector<std::unique_ptr<Rank>> ranks_;
  std::size_t running_ = 0;
  std::pair<pid_t, int> signalled_{0, 0};
  std::vector<const Rank*> refusing_;
  std::int64_t started_ns_ = 0;
};

}  // namespace dplaunch
