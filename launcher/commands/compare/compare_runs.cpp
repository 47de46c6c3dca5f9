#include "launcher/commands/compare/compare_runs.h"

#include "base/error.h"
#include "launcher/commands/compare/comparison_text.h"

namespace dplaunch {

int compare_runs(const CompareOptions& options, std::ostream& out) {
  const ComparedSide a = read_side({options.a, options.runs_folder});
  const ComparedSide b = read_side({options.b, options.runs_folder});
  RunsComparison comparison{a, b, {}, {}, {}};
  const std::vector<RunPair> pairs = pairs_of(a, b);
  if (pairs.empty()) {
    throw Error(ExitCode::kFailure, options.a + " and " + options.b + " have no seed in common",
                "train both with the same seeds: --seeds N");
  }
  comparison.figures = paired_figures(pairs);
  comparison.keys = differing_keys({pairs.front().a, pairs.front().b});
  comparison.notes = notes_of(a, b, pairs, comparison.figures);
  out << (options.json ? comparison_json(comparison) : comparison_text(comparison));
  return check_shown(out);
}

}  // namespace dplaunch
