#include "launcher/view/run_view.h"

#include <algorithm>

namespace dplaunch {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kLongestSilenceNs = 10 * kNsPerSecond;

}  // namespace

bool has_status(const RunView& run) {
  return std::any_of(run.ranks.begin(), run.ranks.end(),
                     [](const RankView& rank) { return rank.status.has_value(); });
}

std::optional<std::int64_t> silent_seconds(const RankView& rank, const RunView& run) {
  if (!run.is_live || !rank.status || rank.status->phase != Phase::kTraining) return {};
  const std::int64_t silence_ns = run.now_ns - rank.status->updated_ns;
  if (silence_ns <= kLongestSilenceNs) return {};
  return silence_ns / kNsPerSecond;
}

}  // namespace dplaunch
