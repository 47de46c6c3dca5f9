#include "launcher/commands/compare/comparison_notes.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/text/words.h"
#include "launcher/runs/differing_keys.h"

namespace dplaunch {
namespace {

bool has_unit(const std::vector<PairedFigure>& figures, PairedFigure::Unit unit) {
  return std::any_of(figures.begin(), figures.end(),
                     [unit](const PairedFigure& figure) { return figure.unit == unit; });
}

/// First and last start of a side; false if one is not known.
bool find_starts(const ComparedSide& side, std::time_t& first, std::time_t& last) {
  first = std::numeric_limits<std::time_t>::max();
  last = 0;
  for (const ComparedSide::Run& run : side.runs) {
    if (!run.run.start || run.run.start->started == 0) return false;
    first = std::min(first, run.run.start->started);
    last = std::max(last, run.run.start->started);
  }
  return true;
}

void add_drift(std::vector<std::string>& notes, const ComparedSide& a, const ComparedSide& b) {
  std::time_t first_a = 0;
  std::time_t last_a = 0;
  std::time_t first_b = 0;
  std::time_t last_b = 0;
  if (!find_starts(a, first_a, last_a) || !find_starts(b, first_b, last_b)) return;
  if (last_a >= first_b && last_b >= first_a) return;
  notes.push_back(
      fmt::format("all of {} was run before {}: what changed on the machine meanwhile is "
                  "part of the difference in speed and time",
                  last_a < first_b ? "A" : "B", last_a < first_b ? "B" : "A"));
}

/// A side's runs should differ in their seed alone.
void add_own_differences(std::vector<std::string>& notes, const char* letter,
                         const ComparedSide& side) {
  std::vector<const WholeRun*> runs;
  for (const ComparedSide::Run& run : side.runs) runs.push_back(&run.run);
  std::vector<std::string> names;
  for (const DifferingKey& key : differing_keys(runs)) {
    if (key.key != "seed") names.push_back(key.key);
  }
  if (names.empty()) return;
  notes.push_back(
      fmt::format("the runs of {} differ among themselves in {}: the differing keys are "
                  "those of the first pair",
                  letter, joined(names)));
}

void add_problems(std::vector<std::string>& notes, const ComparedSide& side) {
  for (const ComparedSide::Run& run : side.runs) {
    notes.insert(notes.end(), run.run.problems.begin(), run.run.problems.end());
    if (run.run.training && run.run.training->is_synthetic) {
      notes.push_back(run.run.name + ": SYNTHETIC data, its accuracy means nothing");
    }
  }
}

}  // namespace

std::vector<std::string> notes_of(const ComparedSide& a, const ComparedSide& b,
                                  const std::vector<RunPair>& pairs,
                                  const std::vector<PairedFigure>& figures) {
  std::vector<std::string> notes;
  if (has_unit(figures, PairedFigure::Unit::kRun)) {
    notes.push_back(fmt::format("unit run: {} of runs{}",
                                counted(static_cast<std::int64_t>(pairs.size()), "pair"),
                                pairs.front().seed ? " of the same seed" : ""));
  }
  if (has_unit(figures, PairedFigure::Unit::kEpoch)) {
    notes.emplace_back(
        "unit epoch: the epochs of one run are no independent runs; their interval says how steady "
        "the difference was within these two, not how much it varies from run to run (--seeds on "
        "both sides does)");
  }
  const std::size_t alone = a.runs.size() + b.runs.size() - 2 * pairs.size();
  if (alone > 0) {
    notes.push_back(counted(static_cast<std::int64_t>(alone), "run") +
                    " without one of the same seed on the other side: left out");
  }
  add_drift(notes, a, b);
  add_own_differences(notes, "A", a);
  add_own_differences(notes, "B", b);
  add_problems(notes, a);
  add_problems(notes, b);
  return notes;
}

}  // namespace dplaunch
