#include "launcher/process/stopped_ranks.h"

#include <fmt/core.h>
#include <signal.h>

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/process/signal_name.h"

namespace dplaunch {
namespace {

// `fg` brings a job that runs to the foreground without telling it.
constexpr std::chrono::seconds kRetryStop{1};

}  // namespace

StoppedRanks::StoppedRanks(boost::asio::io_context& io, const Ranks& ranks,
                           const SupervisionOptions& options,
                           std::function<void(const std::string&)> say,
                           std::function<void(int)> on_key)
    : ranks_(ranks),
      options_(options),
      say_(std::move(say)),
      loan_(io, std::move(on_key)),
      retry_(io) {}

void StoppedRanks::look() {
  if (is_suspended_) return;
  for (const auto& [rank, signal] : ranks_.take_stops()) on_stop(*rank, signal);
}

void StoppedRanks::suspend() {
  is_suspended_ = true;
  loan_.take_back();
}

void StoppedRanks::forget(pid_t group) {
  if (loan_.group() == group) loan_.take_back();
  std::erase_if(waiting_, [group](const Rank* rank) { return rank->process->pid() == group; });
}

void StoppedRanks::finish() {
  retry_.cancel();
  waiting_.clear();
  loan_.take_back();
}

void StoppedRanks::on_stop(Rank& rank, int signal) {
  const bool wants_terminal = signal == SIGTTIN || signal == SIGTTOU;
  if (wants_terminal && gets_stdin(options_, rank.outcome.rank)) return lend(rank);
  if (wants_terminal) {
    return say_once(
        rank,
        fmt::format("waits for the terminal, which {} (--stdin): ask for input "
                    "in rank 0 or before the start, or take --stdin all",
                    options_.stdin_for == StdinFor::kNobody ? "no rank has" : "is rank 0's alone"));
  }
  // Who has the terminal gets its Ctrl-Z before we do. What looks for stalls speaks of this itself.
  const bool is_said_elsewhere = options_.stall_timeout.count() > 0;
  if (rank.process->pid() == loan_.group() || is_said_elsewhere) return;
  say_once(rank, fmt::format("was stopped by {}: kill -CONT {} lets it go on", signal_name(signal),
                             rank.outcome.pid));
}

void StoppedRanks::lend(Rank& rank) {
  try {
    if (loan_.lend(rank.process->pid())) return;
  } catch (const Error& error) {
    return say_once(rank, fmt::format("cannot have the terminal: {}", error.what()));
  }
  say_once(rank, "waits for the terminal: bring dplaunch to the foreground (fg)");
  waiting_.insert(&rank);
  lend_later();
}

void StoppedRanks::lend_later() {
  retry_.expires_after(kRetryStop);
  retry_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    for (Rank* rank : std::exchange(waiting_, {})) lend(*rank);
  });
}

void StoppedRanks::say_once(const Rank& rank, const std::string& what) {
  if (!told_.insert(rank.outcome.rank).second) return;
  say_(fmt::format("dplaunch: warning: rank {} (pid {}) {}\n", rank.outcome.rank, rank.outcome.pid,
                   what));
}

}  // namespace dplaunch
