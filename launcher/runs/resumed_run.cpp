#include "launcher/runs/resumed_run.h"

#include <fmt/core.h>

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text/words.h"
#include "common/config/config_keys.h"
#include "launcher/runs/run_summary.h"

namespace dplaunch {
namespace {

/// nullopt also for a configuration of another version: it may have been written by hand, and is
/// replaced at the start; whether the checkpoint fits, the worker finds out then.
std::optional<Config> earlier_config(const RunFolder& run) {
  try {
    return load_stored_config(run.config(), {}).config;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string whose(const ConfigKey& key, const std::string& value) {
  return key.name == "model"
             ? fmt::format("a checkpoint of model {}", value)
             : fmt::format("a checkpoint of another model: its {} is {}", key.name, value);
}

}  // namespace

void check_same_model(const RunFolder& run, const ResolvedConfig& wanted) {
  const std::optional<Config> earlier = earlier_config(run);
  if (!earlier) return;
  for (const ConfigKey& key : config_keys()) {
    if (!key.shapes_model() && key.role != KeyRole::kOptimizer) continue;
    const std::string before = config_value(*earlier, key);
    const std::string now = config_value(wanted.config, key);
    if (before == now) continue;
    throw Error(
        ExitCode::kStorage,
        fmt::format("{}: {}, but {} is {} now ({})", run.latest_checkpoint().string(),
                    whose(key, before), key.name, now, wanted.origin.at(std::string(key.name))),
        fmt::format("--resume without -c takes the run's own configuration; or add --set {}={}, or "
                    "start a new run under another name",
                    key.name, before));
  }
}

std::string changed_keys(const RunFolder& run, const Config& wanted) {
  const std::optional<Config> earlier = earlier_config(run);
  if (!earlier) return {};
  std::vector<std::string> changes;
  for (const ConfigKey& key : config_keys()) {
    const std::string before = config_value(*earlier, key);
    const std::string now = config_value(wanted, key);
    if (before == now || key.role == KeyRole::kPlace) continue;
    changes.push_back(fmt::format("{} {} -> {}", key.name, before, now));
  }
  return joined(changes);
}

bool is_finished(const RunFolder& run, const Config& wanted) {
  const std::optional<TrainingResult> result = read_training_result(run);
  if (!result) return false;
  if (result->epochs >= wanted.epochs) return true;
  return wanted.max_steps > 0 && result->steps >= wanted.max_steps;
}

}  // namespace dplaunch
