#include "launcher/commands/train/train_seeds.h"

#include <fmt/core.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text/words.h"
#include "common/config/load_config.h"
#include "launcher/commands/train/train.h"
#include "launcher/runs/run_summary.h"
#include "launcher/runs/seed_runs.h"

namespace dplaunch {
namespace {

struct SeedResult {
  std::int64_t seed = 0;
  double top1 = 0;  ///< percent
  std::string set;  ///< "test" or "validation"
};

SeedResult read_result(const RunFolder& folder, std::int64_t seed) {
  const std::optional<TrainingResult> result = read_training_result(folder);
  if (!result || !result->final_top1) {
    throw Error(ExitCode::kStorage, folder.summary().string() + ": has no result",
                "look into " + folder.log(0).string());
  }
  return {seed, *result->final_top1, result->final_set};
}

LaunchOptions with_seed(LaunchOptions options, const Config& config, std::int64_t seed) {
  // Behind the user's own: the last override of a key wins.
  options.run.overrides.push_back({"seed", std::to_string(seed), "--seeds"});
  if (!config.name.empty()) {
    options.run.overrides.push_back({"name", seed_run_name(config.name, seed), "--seeds"});
  }
  return options;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The sample's standard deviation; 0 of one value.
double deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::string spread_text(const std::vector<SeedResult>& results) {
  std::vector<double> top1;
  std::vector<std::string> each;
  for (const SeedResult& result : results) {
    top1.push_back(result.top1);
    each.push_back(fmt::format("{:.2f}% (seed {})", result.top1, result.seed));
  }
  return fmt::format("dplaunch: {} top-1 over {} seeds: {:.2f}% +- {:.2f}: {}\n",
                     results.front().set, results.size(), mean_of(top1), deviation_of(top1),
                     joined(each));
}

/// Each training reads it: of a pipe the second would find nothing, and take the defaults.
void check_can_be_read_again(const std::optional<std::filesystem::path>& config_file) {
  std::error_code error;
  if (!config_file || !std::filesystem::exists(*config_file, error) ||
      std::filesystem::is_regular_file(*config_file, error)) {
    return;
  }
  throw Error(ExitCode::kUsage,
              fmt::format("--seeds reads the configuration for each of them, but {} is no file",
                          config_file->string()),
              "name a file with -c");
}

}  // namespace

int train_seeds(const LaunchOptions& options, const std::vector<std::string>& words) {
  check_can_be_read_again(options.run.config_file);
  const Config config = load_config(options.run.config_file, options.run.overrides).config;
  if (options.run.resume && config.name.empty()) {
    throw Error(ExitCode::kUsage, "--seeds with --resume: which runs is not said",
                "give the runs' common name with --name");
  }
  std::vector<SeedResult> results;
  for (int i = 0; i < options.seeds; ++i) {
    const std::int64_t seed = config.seed + i;
    const TrainedRun run = train_run(with_seed(options, config, seed), words);
    if (run.exit_code != to_int(ExitCode::kSuccess)) return run.exit_code;
    if (run.folder) results.push_back(read_result(*run.folder, seed));
  }
  if (!results.empty()) std::cout << spread_text(results);
  return check_shown(std::cout);
}

}  // namespace dplaunch
