#include "launcher/commands/train/train_seeds.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files/check_shown.h"
#include "common/config/load_config.h"
#include "launcher/commands/train/train.h"

namespace dplaunch {
namespace {

struct SeedResult {
  std::int64_t seed = 0;
  double top1 = 0;  ///< percent
  std::string set;  ///< "test" or "validation"
};

SeedResult read_result(const RunFolder& folder, std::int64_t seed) {
  std::ifstream file(folder.summary());
  const auto summary = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!summary.is_object() || !summary.contains("final_top1")) {
    throw Error(ExitCode::kStorage, folder.summary().string() + ": has no result",
                "look into " + folder.log(0).string());
  }
  return {seed, summary["final_top1"].get<double>(), summary.value("final_set", "test")};
}

LaunchOptions with_seed(LaunchOptions options, const Config& config, std::int64_t seed) {
  options.run.overrides.push_back({"seed", std::to_string(seed), "--seeds"});
  if (!config.name.empty()) {
    options.run.overrides.push_back(
        {"name", config.name + "-seed-" + std::to_string(seed), "--seeds"});
  }
  return options;
}

std::string fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string describe(const std::vector<SeedResult>& results) {
  double sum = 0;
  std::string each;
  for (const SeedResult& result : results) {
    sum += result.top1;
    each += (each.empty() ? "" : ", ") + fixed(result.top1) + "% (seed " +
            std::to_string(result.seed) + ")";
  }
  const auto count = static_cast<double>(results.size());
  const double mean = sum / count;
  double squares = 0;
  for (const SeedResult& result : results) squares += (result.top1 - mean) * (result.top1 - mean);
  const double deviation = results.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
  return "dplaunch: " + results.front().set + " top-1 over " + std::to_string(results.size()) +
         " seeds: " + fixed(mean) + "% +- " + fixed(deviation) + ": " + each + "\n";
}

}  // namespace

int train_seeds(const LaunchOptions& options, const std::vector<std::string>& words) {
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
  if (!results.empty()) std::cout << describe(results);
  return check_shown(std::cout);
}

}  // namespace dplaunch
