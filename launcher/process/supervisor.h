#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/process/process_mark.h"
#include "base/process/signals_blocked.h"
#include "common/status_board.h"
#include "launcher/metrics/metrics_server.h"
#include "launcher/plan/launch_plan.h"
#include "launcher/process/descendants.h"
#include "launcher/process/guard_watch.h"
#include "launcher/process/left_processes.h"
#include "launcher/process/orphan_guard.h"
#include "launcher/process/other_hosts.h"
#include "launcher/process/port_watch.h"
#include "launcher/process/progress_exchange.h"
#include "launcher/process/ranks.h"
#include "launcher/process/screen.h"
#include "launcher/process/signal_scope.h"
#include "launcher/process/stack_taker.h"
#include "launcher/process/stall_watch.h"
#include "launcher/process/stop_policy.h"
#include "launcher/process/stopped_ranks.h"
#include "launcher/report/job_end.h"

namespace dplaunch {

/// One attempt at a job, from the start of its workers to the end of the last of them. Everything
/// is driven by events of one asio loop (pidfds or SIGCHLD, pipes, signals, timers); no process is
/// polled. What an event means is StopPolicy's decision; it is performed here. The destructor
/// leaves no process behind.
class Supervisor {
 public:
  /// The plan's paths must exist, its error files and status board be filled in. `board` may be
  /// nullptr.
  /// What is not the ranks' standard output is shown on `err`, which may be `out` itself.
  /// `hosts`: the job's others; `metrics`: who is to be told of this attempt; nullptr: none.
  Supervisor(LaunchPlan plan, const StatusBoard* board, std::ostream& out, std::ostream& err,
             OtherHosts* hosts = nullptr, MetricsServer* metrics = nullptr);

  /// Where rank 0 serves the rendezvous, 0 where that is on another host; and where that is then,
  /// to be said before run().
  int rendezvous_port() const { return ranks_.rendezvous_port(); }
  void meet_at(int port) { ranks_.meet_at(port); }

  /// Starts the workers and returns when all are gone: rank by rank, without error records and
  /// status. Call once. What they wrote may still be on its way to a reader.
  JobEnd run();
  /// After run(): shows `text`, behind the output where `stream` leads to the same place.
  void say(std::string_view text, std::ostream& stream);
  /// Returns when all output is shown; after an interruption it does not wait for a reader that
  /// takes nothing. Signals end the launcher from here on, should the reader be stuck: with
  /// `settled_code`, where that is given, or as usual. Call once, after run() and say().
  void show_all(std::optional<int> settled_code);

 private:
  void supervise_ranks();
  void open_screens();
  void serve_metrics();
  Screen::Options screen_options();
  void watch();
  Screen& errors() { return error_screen_ ? *error_screen_ : *screen_; }

  void listen_to_signals();
  void wait_for_signal();
  void on_end(Rank& rank);
  void on_key(int signal);

  /// Shows what is no warning: not to a user who wants none.
  void announce(const std::string& line);
  void perform(const StopAction& action);
  void perform(std::monostate) {}
  void perform(const AskToStop& ask);
  void perform(const InsistOnStop& insist);
  void perform(const KillNow& kill);
  void perform(const AwaitLeft& await);
  void perform(const LeaveRunning&);
  void perform(const PassOn& pass_on);
  void perform(const Suspend&);
  void perform(const Resume&);
  void perform(const Explain& explain) { announce(explain.line); }

  /// nullptr where the ranks do not report their progress.
  const StatusBoard* progress_board() const { return plan_.is_own_worker ? board_ : nullptr; }
  void listen_to_hosts();
  void tell_hosts(const std::string& reason);
  void on_stall(std::size_t local_rank, const std::string& where);
  void on_stacks_taken(const std::string& text);
  void end_stalled_job_later(Rank& rank, const std::string& where);
  void end_stalled_job(Rank& rank, const std::string& where);

  void look_at_folder_later();
  void look_at_folder();
  /// All have ended that will.
  void on_all_ended();
  void look_at_left();
  void ask_orphans();
  void say_who_refuses();

  void reap_adopted_later();
  JobEnd finish();

  // The order is that of need: what is destroyed last guards all before it.
  LaunchPlan plan_;
  const StatusBoard* board_;
  std::ostream& out_;
  std::ostream& err_;
  OtherHosts* hosts_;
  MetricsServer* metrics_;
  const ProcessMark job_mark_ = ProcessMark::unique();
  SignalScope signal_scope_;
  Descendants descendants_;
  OrphanGuard guard_;
  boost::asio::io_context io_{1};
  GuardWatch guard_watch_{io_, guard_};
  PortWatch port_watch_{io_, job_mark_};
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer grace_{io_};
  boost::asio::steady_timer reap_timer_{io_};
  boost::asio::steady_timer stack_timer_{io_};
  boost::asio::steady_timer folder_timer_{io_};
  boost::asio::steady_timer left_timer_{io_};
  StallWatch stall_watch_;
  StackTaker stack_taker_{descendants_, job_mark_};
  std::function<void()> end_stalled_job_;  ///< once the stacks are taken; empty: it goes on
  std::optional<Screen> screen_;
  std::optional<Screen> error_screen_;  ///< only where `err_` leads to another place than `out_`
  StopPolicy policy_;
  Ranks ranks_;
  ProgressExchange exchange_;
  LeftProcesses left_;
  StoppedRanks stopped_ranks_;
  std::vector<LeftProcess> unexpected_;  ///< what had to be ended though nobody had asked for it
  bool have_all_ended_ = false;
  bool asks_left_ = false;
  bool leaves_running_ = false;
  bool is_killing_ = false;
  bool hears_host_ = false;  ///< what is performed is what another host did
  bool is_reaping_later_ = false;
  bool is_folder_lost_ = false;
  std::optional<SignalsBlocked> ending_;  ///< from the end of the last process until show_all()
};

}  // namespace dplaunch
