#include "launcher/runs/resumed_run.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "common/config/config_keys.h"

namespace dplaunch {
namespace {

/// What decides which tensors a checkpoint holds.
constexpr std::array<std::string_view, 4> kShapingKeys = {"model", "width", "norm", "optimizer"};
/// Where things are, not what is trained.
constexpr std::array<std::string_view, 3> kPlaces = {"root", "runs", "name"};

std::optional<Config> earlier_config(const RunFolder& run) {
  try {
    return load_config(run.config(), {}).config;
  } catch (const Error&) {
    return std::nullopt;
  }
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
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
    if (!contains(kShapingKeys, key.name)) continue;
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
    if (before == now || contains(kPlaces, key.name)) continue;
    if (!changes.empty()) changes += ", ";
    changes.append(key.name).append(" ").append(before).append(" -> ").append(now);
  }
  return changes;
}

bool is_finished(const RunFolder& run, const Config& wanted) {
  std::ifstream stream(run.summary());
  const auto summary = nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!summary.is_object()) return false;
  const auto number = [&](const char* key) {
    const auto found = summary.find(key);
    return found != summary.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
  };
  if (number("epochs") >= wanted.epochs) return true;
  return wanted.max_steps > 0 && number("steps") >= wanted.max_steps;
}

}  // namespace dplaunch
