#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/files/unique_fd.h"
#include "common/status_board.h"
#include "launcher/plan/launch_plan.h"
#include "launcher/process/descendants.h"
#include "launcher/process/orphan_guard.h"
#include "launcher/process/rendezvous_socket.h"
#include "launcher/process/screen.h"
#include "launcher/process/signal_scope.h"
#include "launcher/process/stall_watch.h"
#include "launcher/process/worker_output.h"
#include "launcher/process/worker_process.h"
#include "launcher/report/job_end.h"
#include "launcher/report/stalled_rank.h"

namespace dplaunch {

/// The workers of one attempt at a job, from their start to the end of the last of them. Everything
/// is driven by events of one asio loop (pidfds, pipes, signals, timers); no process is polled.
/// The destructor leaves no process behind.
class Supervisor {
 public:
  /// The plan's paths must exist, its error files and status board be filled in. `board` may be
  /// nullptr.
  /// What is not the ranks' standard output is shown on `err`, which may be `out` itself.
  Supervisor(LaunchPlan plan, const StatusBoard* board, std::ostream& out, std::ostream& err);

  /// Starts the workers and returns when all are gone: rank by rank, without error records and
  /// status. Call once.
  JobEnd run();

 private:
  struct Rank {
    Rank(boost::asio::io_context& io, WorkerOutput::Options options, RankLog log)
        : output(io, std::move(options), std::move(log)) {}
    WorkerOutput output;
    std::unique_ptr<WorkerProcess> process;
    RankOutcome outcome;
    bool has_ended = false;
  };
  enum class Stopping { kNo, kAsked, kPreempted, kFailed };

  void supervise_ranks();
  void open_outputs();
  void start_workers();
  void start_worker(Rank& rank, RankPlan plan);
  void watch();
  Screen& errors() { return error_screen_ ? *error_screen_ : *screen_; }

  void listen_to_signals();
  void wait_for_signal();
  void on_signal(int signal);
  void pass_on(int signal);
  void suspend();
  void on_stop_signal(int signal);
  void insist_on_end();

  void on_end(Rank& rank, ProcessEnd end);
  void stop_all(Stopping how, int signal, const std::string& why);
  void tell_to_end(const Rank& rank, int signal) const;
  void kill_after_grace();
  void kill_all();

  bool tells_progress() const { return plan_.is_own_worker && board_ != nullptr; }
  std::vector<RankSign> signs_of_life() const;
  void on_stall(std::size_t local_rank, const std::string& where);
  void end_stalled_job(Rank& rank, const std::string& where);

  void reap_adopted_later();
  JobEnd finish();

  LaunchPlan plan_;
  const StatusBoard* board_;
  std::ostream& out_;
  std::ostream& err_;
  const std::string job_entry_;
  SignalScope signal_scope_;
  Descendants descendants_;
  OrphanGuard guard_;
  RendezvousSocket rendezvous_;
  UniqueFd null_;
  UniqueFd lifeline_of_workers_;
  UniqueFd lifeline_;  ///< the only write end: closed by the kernel when the launcher dies
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer grace_{io_};
  boost::asio::steady_timer reap_timer_{io_};
  boost::asio::steady_timer stack_timer_{io_};
  StallWatch stall_watch_;
  std::optional<Screen> screen_;
  std::optional<Screen> error_screen_;  ///< only where `err_` is another stream than `out_`
  std::vector<std::unique_ptr<Rank>> ranks_;
  std::size_t running_ = 0;
  Stopping stopping_ = Stopping::kNo;
  bool is_reaping_later_ = false;
  int interrupted_by_ = 0;
  bool is_preempted_ = false;
  bool is_given_up_ = false;
  std::int64_t started_ns_ = 0;
};

}  // namespace dplaunch
