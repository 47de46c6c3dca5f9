#include "launcher/commands/compare/compared_side.h"

#include <algorithm>

#include "base/error.h"
#include "launcher/runs/seed_runs.h"

namespace dplaunch {
namespace {

/// Of a run that was named itself, what its configuration says.
std::optional<std::int64_t> seed_of(const ComparedSide::Run& run) {
  if (run.seed) return run.seed;
  return run.run.config ? std::optional(run.run.config->seed) : std::nullopt;
}

}  // namespace

ComparedSide read_side(const RunChoice& choice) {
  ComparedSide side{choice.run, {}};
  try {
    side.runs.push_back({{}, read_whole_run(find_run(choice))});
  } catch (const Error&) {
    for (const SeedRun& run : seed_runs(choice)) {
      side.runs.push_back({run.seed, read_whole_run(run.folder)});
    }
    if (side.runs.empty()) throw;
  }
  return side;
}

std::vector<RunPair> pairs_of(const ComparedSide& a, const ComparedSide& b) {
  if (!a.is_of_seeds() && !b.is_of_seeds()) {
    return {{{}, &a.runs.front().run, &b.runs.front().run}};
  }
  std::vector<RunPair> pairs;
  for (const ComparedSide::Run& run : a.runs) {
    const auto other = std::find_if(b.runs.begin(), b.runs.end(), [&run](const auto& candidate) {
      return seed_of(candidate) == seed_of(run);
    });
    if (other != b.runs.end()) pairs.push_back({seed_of(run), &run.run, &other->run});
  }
  return pairs;
}

}  // namespace dplaunch
