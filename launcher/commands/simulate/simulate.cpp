#include "launcher/commands/simulate/simulate.h"

#include <fmt/core.h>

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/text/printable.h"
#include "launcher/command_line/quantities.h"
#include "launcher/commands/simulate/print_prediction.h"

namespace dplaunch {
namespace {

AllReduceAlgorithm chosen_algorithm(const SimulateOptions& options) {
  if (const auto algorithm = algorithm_of(options.algorithm)) return *algorithm;
  throw Error(ExitCode::kUsage,
              fmt::format("--algorithm \"{}\" is not known", printable(options.algorithm)),
              "auto, ring, halving-doubling, tree or hierarchical");
}

void refuse_guesswork(const Profile& profile, const std::vector<int>& world_sizes) {
  constexpr int kFarthest = 8;
  const int measured = largest_measured(profile);
  if (measured == 0 || world_sizes.back() <= std::int64_t{kFarthest} * measured) return;
  throw Error(ExitCode::kUsage,
              fmt::format("--world-sizes: {} processes are more than {} times the largest measured "
                          "number, {}",
                          world_sizes.back(), kFarthest, measured),
              fmt::format("stop at {}, measure more, or add --force: it is guesswork then",
                          std::int64_t{kFarthest} * measured));
}

}  // namespace

int simulate(const SimulateOptions& options, std::ostream& out) {
  if (options.json && options.csv) {
    throw Error(ExitCode::kUsage, "--json and --csv are two forms of the same", "give one of them");
  }
  const AllReduceAlgorithm algorithm = chosen_algorithm(options);
  const std::vector<int> world_sizes = parse_world_sizes(options.world_sizes, "--world-sizes");
  SimulationReport report;
  report.profile = described_profile(options);
  report.algorithm = algorithm;
  if (!options.force) refuse_guesswork(report.profile, world_sizes);
  report.predictions = predict_steps(report.profile, algorithm, world_sizes);
  report.score = score_held_out(report.profile, algorithm);
  if (options.json) {
    print_prediction_json(report, out);
  } else if (options.csv) {
    print_prediction_csv(report, out);
  } else {
    print_prediction_text(report, out);
  }
  return to_int(ExitCode::kSuccess);
}

}  // namespace dplaunch
