#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <set>
#include <string>

#include "launcher/plan/launch_plan.h"
#include "launcher/process/ranks.h"
#include "launcher/process/terminal_loan.h"

namespace dplaunch {

/// Notices ranks that were stopped, which otherwise stay so in silence. One that wants the terminal
/// (SIGTTIN, SIGTTOU) gets it if standard input is for it; of any other the user is told, once a
/// rank. Not thread-safe.
class StoppedRanks {
 public:
  /// `ranks` must outlive this. `say` shows a line to the user; `on_key` as TerminalLoan's.
  StoppedRanks(boost::asio::io_context& io, const Ranks& ranks, const SupervisionOptions& options,
               std::function<void(const std::string& line)> say,
               std::function<void(int signal)> on_key);

  /// SIGCHLD came.
  void look();
  /// The launcher stops all ranks and itself: nobody is to be told of it.
  void suspend();
  void resume() { is_suspended_ = false; }
  /// The group of the rank that has the terminal now; 0: none.
  pid_t terminal_group() const { return loan_.group(); }
  /// The rank whose group that is has ended.
  void forget(pid_t group);
  /// The job is over.
  void finish();

 private:
  void on_stop(Rank& rank, int signal);
  void lend(Rank& rank);
  void lend_later();
  void say_once(const Rank& rank, const std::string& what);

  const Ranks& ranks_;
  const SupervisionOptions options_;
  std::function<void(const std::string&)> say_;
  TerminalLoan loan_;
  boost::asio::steady_timer retry_;
  std::set<Rank*> waiting_;  ///< for the launcher to be in the foreground
  std::set<int> told_;       ///< ranks of which something was said
  bool is_suspended_ = false;
};

}  // namespace dplaunch
