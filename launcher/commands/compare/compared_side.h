#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/runs/find_run.h"
#include "launcher/runs/whole_run.h"

namespace dplaunch {

/// One of the two sides: a run, or those of `--seeds` under a common name.
struct ComparedSide {
  struct Run {
    std::optional<std::int64_t> seed;  ///< nullopt: a run that was named itself
    WholeRun run;
  };
  std::string name;  ///< as it was given
  std::vector<Run> runs;

  bool is_of_seeds() const { return runs.front().seed.has_value(); }
};

/// Throws Error(kFailure) if there is no such run.
ComparedSide read_side(const RunChoice& choice);

/// Runs that differ in nothing but what the sides differ in.
struct RunPair {
  std::optional<std::int64_t> seed;
  const WholeRun* a = nullptr;
  const WholeRun* b = nullptr;
};

/// Of two runs the pair that they are; of seeds, those that both sides have. Points into the sides.
std::vector<RunPair> pairs_of(const ComparedSide& a, const ComparedSide& b);

}  // namespace dplaunch
