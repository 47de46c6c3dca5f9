#include "launcher/runs/differing_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/text/shell_word.h"
#include "base/text/words.h"
#include "common/config/config_keys.h"

namespace dplaunch {
namespace {

using Runs = std::vector<const WholeRun*>;

/// What is not known of a run is no difference.
void add_if_differing(std::vector<DifferingKey>& keys, const std::string& name, const Runs& runs,
                      const std::function<std::string(const WholeRun&)>& value_of) {
  DifferingKey key{name, {}};
  for (const WholeRun* run : runs) {
    const std::string value = value_of(*run);
    key.values.push_back(value.empty() ? "-" : value);
  }
  std::set<std::string> known(key.values.begin(), key.values.end());
  known.erase("-");
  if (known.size() > 1) keys.push_back(std::move(key));
}

/// Of the latest start's record.
void add_of_start(std::vector<DifferingKey>& keys, const std::string& name, const Runs& runs,
                  const std::function<std::string(const StartRecord&)>& value_of) {
  add_if_differing(keys, name, runs, [&](const WholeRun& run) {
    return run.start ? value_of(*run.start) : std::string();
  });
}

}  // namespace

std::string devices_words(const WholeRun& run) {
  if (!run.start) return {};
  std::map<std::string, std::size_t> counts;
  for (const RankRecord& rank : run.start->ranks) {
    ++counts[rank.gpu_uuid.empty() ? "CPU" : rank.gpu_name];
  }
  std::vector<std::string> words;
  for (const auto& [name, count] : counts) words.push_back(fmt::format("{} x {}", count, name));
  return joined(words);
}

std::vector<DifferingKey> differing_keys(const Runs& runs) {
  std::vector<DifferingKey> keys;
  const auto is_command = [](const WholeRun* run) { return run->kind == RunKind::kCommand; };
  add_if_differing(keys, "kind", runs,
                   [&](const WholeRun& run) { return is_command(&run) ? "command" : "training"; });
  for (const ConfigKey& key : config_keys()) {
    if (key.name == "name" || key.name == "runs") continue;
    add_if_differing(keys, std::string(key.name), runs, [&key](const WholeRun& run) {
      return run.config ? config_value(*run.config, key) : std::string();
    });
  }
  add_if_differing(keys, "devices", runs, devices_words);
  add_of_start(keys, "host", runs, [](const StartRecord& start) { return start.host; });
  add_of_start(keys, "usable cores", runs,
               [](const StartRecord& start) { return std::to_string(start.usable_cores); });
  add_of_start(keys, "dplaunch", runs,
               [](const StartRecord& start) { return start.dplaunch_version; });
  add_of_start(keys, "GPU driver", runs,
               [](const StartRecord& start) { return start.driver_version; });
  if (std::all_of(runs.begin(), runs.end(), is_command)) {
    add_of_start(keys, "command", runs,
                 [](const StartRecord& start) { return shell_words(start.command); });
  }
  return keys;
}

}  // namespace dplaunch
