#include "launcher/scale/experiment.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/process/host_name.h"
#include "base/text/secrets.h"
#include "common/config/config_keys.h"
#include "common/config/load_config.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

const char* mode_name(ScaleMode mode) {
  if (mode == ScaleMode::kBoth) return "both";
  return mode == ScaleMode::kWeak ? "weak" : "strong";
}

/// "Intel(R) Xeon(R) ..."; empty where the kernel does not say.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

std::string kernel() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "";
}

std::string shown(const Json& value) {
  constexpr std::size_t kMostShown = 60;
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() > kMostShown ? text.substr(0, kMostShown) + "..." : text;
}

/// Of one level: {"config": {...}} differs in a key of "config".
std::string difference(const Json& there, const Json& asked, const std::string& prefix = {}) {
  for (const auto& [key, value] : asked.items()) {
    const Json& other = member_in(there, key.c_str());
    const auto found = there.find(key);
    if (found != there.end() && *found == value) continue;
    if (other.is_object() && value.is_object()) return difference(other, value, key + ": ");
    return fmt::format("{}{} is {} there and {} now", prefix, key,
                       found == there.end() ? "not" : shown(*found), shown(value));
  }
  return {};
}

}  // namespace

int Experiment::most_processes() const {
  return std::max_element(points.begin(), points.end(),
                          [](const Point& a, const Point& b) { return a.processes < b.processes; })
      ->processes;
}

std::filesystem::path Experiment::group_file(int block) const {
  return runs() / fmt::format("block-{:02}-all-reduce.json", block);
}

Json plan_json(const Experiment& experiment) {
  Json points = Json::array();
  for (const Point& point : experiment.points) points.push_back(point.name);
  Json plan = {{kFormatVersion, kRecordFormat},
               {"dplaunch", DPLAUNCH_VERSION},
               {"host", host_name()},
               {"processor", processor_name()},
               {"kernel", kernel()},
               {"usable_cores", experiment.usable_cores},
               {"cores_per_process", experiment.cores_per_process},
               {"gpus", experiment.gpus},
               {"mode", mode_name(experiment.mode)},
               {"points", points},
               {"seed", experiment.seed}};
  if (experiment.is_command()) {
    plan["command"] = without_secrets(experiment.command);
    plan["metric"] = text_or_null(experiment.metric);
    plan["metric_is"] = experiment.metric_kind == MetricKind::kRate ? "rate" : "seconds";
    return plan;
  }
  plan["steps"] = experiment.steps;
  plan["training_images"] = experiment.training_images;
  plan["evaluated_images"] = experiment.evaluated_images;
  Json config = Json::object();
  for (const ConfigKey& key : config_keys()) {
    if (key.role == KeyRole::kPlace) continue;
    config[std::string(key.name)] = config_value(experiment.config, key);
  }
  plan["config"] = config;
  return plan;
}

void claim_folder(const Experiment& experiment) {
  std::error_code error;
  std::filesystem::create_directories(experiment.runs(), error);
  if (error) {
    throw Error(ExitCode::kStorage, fmt::format("{}: cannot make the folder: {}",
                                                experiment.folder.string(), error.message()));
  }
  const Json plan = plan_json(experiment);
  if (const auto there = read_json_object(experiment.plan_file())) {
    const std::string differs = difference(*there, plan);
    if (differs.empty()) return;
    throw Error(ExitCode::kUsage,
                fmt::format("{}: is another experiment: {}", experiment.folder.string(), differs),
                "name another folder with --folder, or remove that one");
  }
  if (!experiment.is_command()) {
    write_file_atomically(experiment.config_file(), to_yaml(experiment.config));
  }
  write_file_atomically(experiment.plan_file(),
                        plan.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace dplaunch
