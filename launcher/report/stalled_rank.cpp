#include "launcher/report/stalled_rank.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

namespace dplaunch {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::string seconds_of(std::int64_t ns) {
  return fmt::format("{} s", ns / (1000 * kNsPerMs));
}

bool is_before_training(const RankStatus& status) {
  return status.phase < Phase::kTraining;
}

/// Orders ranks by how far they have come. Before training the phase says it all; from then on the
/// phases (training, evaluating, checkpointing) come once in every epoch, so that epoch counts
/// first.
auto place(const RankStatus& status) {
  const auto phase = static_cast<int>(status.phase);
  if (is_before_training(status)) {
    return std::tuple(phase, std::int64_t{0}, 0, std::int64_t{0}, 0);
  }
  const int started = static_cast<int>(Phase::kTraining);
  return std::tuple(started, status.epoch, phase, status.step, static_cast<int>(status.activity));
}

std::string what_others_do(const std::vector<RankSign>& running, std::size_t stalled) {
  if (running.size() == 1) return {};
  const RankSign* furthest = nullptr;
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (i == stalled) continue;
    if (furthest == nullptr || place(running[i].status) > place(furthest->status)) {
      furthest = &running[i];
    }
  }
  const bool is_one = running.size() == 2;
  if (place(furthest->status) == place(running[stalled].status)) {
    return is_one ? "; the other is at the same point" : "; the others are at the same point";
  }
  return (is_one ? "; the other waits " : "; the others wait ") + describe_place(furthest->status);
}

}  // namespace

std::string describe_place(const RankStatus& status) {
  if (is_before_training(status)) return fmt::format("in phase \"{}\"", phase_name(status.phase));
  std::string text = fmt::format("at epoch {}", status.epoch + 1);
  if (status.epochs > 0) text += fmt::format("/{}", status.epochs);
  text += fmt::format(", step {}", status.step);
  if (status.steps_per_epoch > 0) text += fmt::format("/{}", status.steps_per_epoch);
  if (status.phase != Phase::kTraining) {
    text += fmt::format(" ({})", phase_name(status.phase));
  } else if (status.activity != Activity::kNone) {
    text += fmt::format(" ({})", activity_name(status.activity));
  }
  return text;
}

std::optional<StalledRank> find_stalled_rank(const std::vector<RankSign>& running,
                                             std::int64_t now_ns,
                                             std::chrono::milliseconds timeout) {
  if (running.empty()) return std::nullopt;
  // A rank that a debugger or SIGSTOP holds is the cause wherever it is. Of those at the same place
  // the one that came there first has waited the longest, and is no later than any other to hang.
  const auto order = [](const RankSign& a, const RankSign& b) {
    return std::tuple(!a.is_halted, place(a.status), a.since_ns) <
           std::tuple(!b.is_halted, place(b.status), b.since_ns);
  };
  const auto behind = std::min_element(running.begin(), running.end(), order);
  // All are done; what they do now (writing files, leaving) is nobody's to wait for.
  if (behind->status.phase == Phase::kFinished) return std::nullopt;
  const std::int64_t silent_ns = now_ns - behind->since_ns;
  if (silent_ns < timeout.count() * kNsPerMs) return std::nullopt;
  StalledRank stalled;
  stalled.index = static_cast<std::size_t>(behind - running.begin());
  stalled.silent_ns = silent_ns;
  stalled.text = fmt::format("{} for {}{}", describe_place(behind->status), seconds_of(silent_ns),
                             what_others_do(running, stalled.index));
  return stalled;
}

std::optional<StalledRank> find_silent_job(const std::vector<RankSign>& running,
                                           std::int64_t now_ns, std::chrono::milliseconds timeout) {
  if (running.empty()) return std::nullopt;
  const auto [first, last] = std::minmax_element(
      running.begin(), running.end(),
      [](const RankSign& a, const RankSign& b) { return a.since_ns < b.since_ns; });
  if (now_ns - last->since_ns < timeout.count() * kNsPerMs) return std::nullopt;
  StalledRank stalled;
  stalled.index = static_cast<std::size_t>(first - running.begin());
  stalled.silent_ns = now_ns - first->since_ns;
  stalled.text = "without output for " + seconds_of(stalled.silent_ns);
  if (running.size() > 1) {
    stalled.text += fmt::format("; no other has written anything for the last {}",
                                seconds_of(now_ns - last->since_ns));
  }
  return stalled;
}

std::string describe_process_state(char state, std::int64_t pid) {
  switch (state) {
    case 'T':
      return fmt::format("it is stopped: kill -CONT {} lets it go on", pid);
    case 't':
      return "a debugger holds it";
    case 'D':
      return "it waits in the kernel: for a disk, the network, a GPU driver or memory";
    default:
      return {};
  }
}

std::string stall_warning(const RankOutcome& rank, const std::string& where,
                          const std::string& state, bool are_stacks_taken) {
  std::string text = fmt::format("dplaunch: warning: rank {} ({}, pid {}) hangs {}", rank.rank,
                                 rank.device, rank.pid, where);
  if (!state.empty()) text += "; " + state;
  text += '\n';
  if (!are_stacks_taken) text += fmt::format("  where it is: py-spy dump --pid {}\n", rank.pid);
  return text;
}

}  // namespace dplaunch
