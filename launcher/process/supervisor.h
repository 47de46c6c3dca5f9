#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "launcher/plan/launch_plan.h"
#include "launcher/process/descendants.h"
#include "launcher/process/orphan_guard.h"
#include "launcher/process/rendezvous_socket.h"
#include "launcher/process/screen.h"
#include "launcher/process/signal_scope.h"
#include "launcher/process/worker_output.h"
#include "launcher/process/worker_process.h"
#include "launcher/report/rank_outcome.h"

namespace dplaunch {

/// The workers of one job, from their start to the end of the last of them. Everything is driven
/// by events of one asio loop (pidfds, pipes, signals, the grace timer); nothing is polled.
/// The destructor leaves no process behind.
class Supervisor {
 public:
  /// How the job ended: rank by rank, without error records and status.
  struct JobEnd {
    std::vector<RankOutcome> outcomes;
    int interrupted_by = 0;  ///< the signal that ended it, or 0
  };

  /// The plan's paths must exist, its error files and status board be filled in.
  Supervisor(LaunchPlan plan, std::ostream& out);

  /// Starts the workers and returns when all are gone. Call once.
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

  void open_outputs();
  void start_workers();
  void start_worker(Rank& rank, RankPlan plan);
  void watch();
  void wait_for_signal();
  void on_signal(int signal);
  void on_end(Rank& rank, ProcessEnd end);
  void stop_all(const std::string& why);
  void kill_all();
  void reap_adopted_later();
  JobEnd finish();

  LaunchPlan plan_;
  std::ostream& out_;
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
  std::optional<Screen> screen_;
  std::vector<std::unique_ptr<Rank>> ranks_;
  std::size_t running_ = 0;
  bool is_stopping_ = false;
  bool is_reaping_later_ = false;
  int interrupted_by_ = 0;
};

}  // namespace dplaunch
