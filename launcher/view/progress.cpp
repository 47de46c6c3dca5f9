#include "launcher/view/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace dplaunch {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kMaxSilenceNs = 10 * kNsPerSecond;
constexpr std::int64_t kMaxUntoldNs = 60 * kNsPerSecond;  // of thousands of hosts some wait long

/// The job goes on without a host that is lost.
bool knows_length(const RankView& rank) {
  return rank.lost.empty() && rank.status && rank.status->epochs > 0 &&
         rank.status->steps_per_epoch > 0;
}

std::int64_t steps_done(const RankStatus& status) {
  return status.epoch * status.steps_per_epoch + status.step;
}

/// One line for all ranks of a host, with the images of all.
bool is_of_many(const RankView& rank) {
  return rank.elsewhere && rank.elsewhere->last_rank > rank.rank;
}

const RankStatus* slowest(const RunView& run) {
  const RankStatus* found = nullptr;
  for (const RankView& rank : run.ranks) {
    if (!knows_length(rank)) continue;
    if (found == nullptr || steps_done(*rank.status) < steps_done(*found)) found = &*rank.status;
  }
  return found;
}

/// The job goes at the speed of its slowest rank; 0 before there is one.
double steps_per_second(const RunView& run, const RankStatus& status) {
  double min_speed = 0;
  for (const RankView& rank : run.ranks) {
    if (!rank.status || !(rank.status->images_per_second > 0)) continue;
    if (!rank.lost.empty() || is_of_many(rank)) continue;
    const double speed = rank.status->images_per_second;
    min_speed = min_speed > 0 ? std::min(min_speed, speed) : speed;
  }
  if (min_speed > 0 && run.pace.images_per_step > 0) {
    return min_speed / static_cast<double>(run.pace.images_per_step);
  }
  if (run.pace.seconds_per_epoch > 0) {
    return static_cast<double>(status.steps_per_epoch) / run.pace.seconds_per_epoch;
  }
  return 0;
}

double fraction(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return 0;
  return std::clamp(static_cast<double>(part) / static_cast<double>(whole), 0.0, 1.0);
}

}  // namespace

bool has_status(const RunView& run) {
  return std::any_of(run.ranks.begin(), run.ranks.end(),
                     [](const RankView& rank) { return rank.status.has_value(); });
}

// Only in training does a rank report after every step: an evaluation or a checkpoint may take long
// and is silent all the while.
std::optional<std::int64_t> silent_seconds(const RankView& rank, const RunView& run) {
  if (!run.is_live || !rank.lost.empty()) return {};
  if (!rank.status || rank.status->phase != Phase::kTraining) return {};
  const std::int64_t seen_ns = rank.elsewhere ? rank.told_ns : run.now_ns;
  const std::int64_t silence_ns = seen_ns - rank.status->updated_ns;
  if (silence_ns <= kMaxSilenceNs) return {};
  return silence_ns / kNsPerSecond;
}

std::optional<std::int64_t> untold_seconds(const RankView& rank, const RunView& run) {
  if (!run.is_live || !rank.elsewhere || !rank.lost.empty()) return {};
  const std::int64_t age_ns = run.now_ns - rank.told_ns;
  if (age_ns <= kMaxUntoldNs) return {};
  return age_ns / kNsPerSecond;
}

std::optional<Progress> progress_of(const RunView& run) {
  const RankStatus* status = slowest(run);
  if (status == nullptr) return {};
  Progress progress;
  progress.epochs = status->epochs;
  progress.epoch = std::clamp<std::int64_t>(status->epoch + 1, 1, status->epochs);
  if (status->phase == Phase::kFinished) {
    progress.is_finished = true;
    progress.epoch_fraction = progress.run_fraction = 1;
    return progress;
  }
  std::int64_t steps = status->epochs * status->steps_per_epoch;
  if (run.pace.max_steps > 0) steps = std::min(steps, run.pace.max_steps);
  progress.epoch_fraction = fraction(status->step, status->steps_per_epoch);
  progress.run_fraction = fraction(steps_done(*status), steps);
  const double speed = steps_per_second(run, *status);
  if (!(speed > 0)) return progress;
  const auto steps_left =
      static_cast<double>(std::max<std::int64_t>(0, steps - steps_done(*status)));
  const auto epoch_left =
      static_cast<double>(std::max<std::int64_t>(0, status->steps_per_epoch - status->step));
  progress.epoch_seconds_left = std::min(epoch_left, steps_left) / speed;
  // Whole epochs take longer than their steps: they are evaluated and stored.
  const double seconds_per_step =
      run.pace.seconds_per_epoch > 0
          ? run.pace.seconds_per_epoch / static_cast<double>(status->steps_per_epoch)
          : 1 / speed;
  progress.run_seconds_left = steps_left * seconds_per_step;
  return progress;
}

std::string duration(double seconds) {
  constexpr double kMaxSeconds = 1e9;  // thirty years: no estimate, but a division by nearly 0
  if (!std::isfinite(seconds) || seconds > kMaxSeconds) return "--";
  const auto whole = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  const long long minutes = whole / 60;
  const long long hours = minutes / 60;
  if (hours >= 24) return fmt::format("{}d {:02}:{:02}", hours / 24, hours % 24, minutes % 60);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes % 60, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace dplaunch
