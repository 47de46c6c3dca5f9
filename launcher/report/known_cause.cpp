#include "launcher/report/known_cause.h"

#include <fmt/core.h>

#include "launcher/report/failure_report.h"
#include "launcher/report/root_cause.h"

namespace dplaunch {
namespace {

bool says(const RankOutcome& outcome, const char* words) {
  return outcome.stderr_tail.find(words) != std::string::npos ||
         (outcome.record && outcome.record->message.find(words) != std::string::npos);
}

/// torchrun keeps the store in a process of its own; here it is rank 0's, whoever else still needs
/// it.
std::string lost_store(const std::vector<RankOutcome>& outcomes, const RankOutcome& failed) {
  if (failed.rank == 0 || !has_lost_peer(failed)) return {};
  for (const RankOutcome& outcome : outcomes) {
    const bool is_gone = outcome.ended_ns != 0 && outcome.ended_ns <= failed.ended_ns;
    if (outcome.rank != 0 || outcome.is_stopped_by_launcher || !is_gone) continue;
    return fmt::format(
        "rank 0 had left ({}), and with it the store over which the ranks talk: let it wait for "
        "the others (a barrier at the end of the program)",
        describe_end(outcome));
  }
  return {};
}

}  // namespace

std::string known_cause(const std::vector<RankOutcome>& outcomes, const RankOutcome& failed,
                        const FailureContext& context) {
  if (!failed.stall.empty()) return {};
  if (!context.port_stranger.empty()) return context.port_stranger;
  if (context.has_no_input && says(failed, "EOFError")) {
    return fmt::format("standard input is empty for rank {}: --stdin says who gets dplaunch's own",
                       failed.rank);
  }
  return lost_store(outcomes, failed);
}

}  // namespace dplaunch
