#include "launcher/runs/resumed_run.h"

#include <optional>

#include "base/error.h"
#include "common/config/config_keys.h"
#include "launcher/runs/run_summary.h"

namespace dplaunch {
namespace {

std::optional<Config> earlier_config(const RunFolder& run) {
  try {
    return load_config(run.config(), {}).config;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string whose(const ConfigKey& key, const std::string& value) {
  return key.name == "model"
             ? "a checkpoint of model " + value
             : "a checkpoint of another model: its " + std::string(key.name) + " is " + value;
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
    const std::string name(key.name);
    throw Error(ExitCode::kStorage,
                run.latest_checkpoint().string() + ": " + whose(key, before) + ", but " + name +
                    " is " + now + " now (" + wanted.origin.at(name) + ")",
                "--resume without -c takes the run's own configuration; or add --set " + name +
                    "=" + before + ", or start a new run under another name");
  }
}

std::string changed_keys(const RunFolder& run, const Config& wanted) {
  const std::optional<Config> earlier = earlier_config(run);
  if (!earlier) return {};
  std::string changes;
  for (const ConfigKey& key : config_keys()) {
    const std::string before = config_value(*earlier, key);
    const std::string now = config_value(wanted, key);
    if (before == now || key.role == KeyRole::kPlace) continue;
    if (!changes.empty()) changes += ", ";
    changes.append(key.name).append(" ").append(before).append(" -> ").append(now);
  }
  return changes;
}

bool is_finished(const RunFolder& run, const Config& wanted) {
  const std::optional<TrainingResult> result = read_training_result(run);
  if (!result) return false;
  if (result->epochs >= wanted.epochs) return true;
  return wanted.max_steps > 0 && result->steps >= wanted.max_steps;
}

}  // namespace dplaunch
