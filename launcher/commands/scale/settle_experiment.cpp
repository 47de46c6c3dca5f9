#include "launcher/commands/scale/settle_experiment.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/process/usable_cores.h"
#include "base/text/words.h"
#include "common/data_set.h"
#include "launcher/command_line/quantities.h"
#include "launcher/commands/run/find_command.h"
#include "launcher/commands/run/run_stem.h"
#include "launcher/devices/choose_devices.h"
#include "launcher/plan/find_worker.h"
#include "launcher/scale/accuracy.h"
#include "launcher/scale/metric.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

ScaleMode parse_mode(const std::string& text) {
  if (text == "weak") return ScaleMode::kWeak;
  if (text == "strong") return ScaleMode::kStrong;
  if (text == "both") return ScaleMode::kBoth;
  throw Error(ExitCode::kUsage, fmt::format("--mode {}: is none", text), "weak, strong or both");
}

MetricKind parse_metric_kind(const std::string& text) {
  if (text == "rate") return MetricKind::kRate;
  if (text == "seconds") return MetricKind::kSeconds;
  throw Error(ExitCode::kUsage, fmt::format("--metric-is {}: is none", text), "rate or seconds");
}

DeviceSelection select_pool(const ScaleOptions& options) {
  // How many processes is said by --world-sizes.
  const bool is_any_cpu = options.device == "cpu";
  return choose_devices({.device = is_any_cpu ? std::string("cpu:1") : options.device,
                         .is_command = !options.command.empty()})
      .selection;
}

/// The GPUs as --device takes them again; none for the CPU.
std::vector<std::string> chosen_gpus(const DeviceSelection& pool, int most_processes) {
  if (pool.is_cpu()) return {};
  std::vector<std::string> gpus;
  for (const Gpu& gpu : pool.gpus) gpus.push_back(gpu.uuid);
  if (static_cast<int>(gpus.size()) < most_processes) {
    throw Error(ExitCode::kDevice,
                fmt::format("{} processes want as many GPUs, but there are {}", most_processes,
                            gpus.size()),
                "fewer --world-sizes, or more GPUs in --device");
  }
  return gpus;
}

void check_command(const ScaleOptions& options) {
  const std::string wrong = options.config_file                  ? "-c"
                            : !options.overrides.empty()         ? options.overrides.front().origin
                            : options.mode == "both"             ? "--mode both"
                            : options.until_accuracy_percent > 0 ? "--until-accuracy"
                                                                 : "";
  if (wrong.empty()) return;
  throw Error(ExitCode::kUsage, wrong + ": has no meaning for a command behind \"--\"",
              "give its own options behind it");
}

void check_batch(const Experiment& experiment) {
  const std::int64_t bsize = experiment.config.bsize;
  if (bsize == kAutoBsize) {
    throw Error(ExitCode::kUsage, "bsize: auto: may be another one at each point",
                "say how many images: --set bsize=128");
  }
  for (const Point& point : experiment.points) {
    if (point.kind == PointKind::kStrong && bsize % point.processes != 0) {
      throw Error(ExitCode::kUsage,
                  fmt::format("--mode strong: a batch of {} cannot be shared by {} processes",
                              bsize, point.processes),
                  "choose a bsize that all --world-sizes divide");
    }
  }
}

void settle_training(const ScaleOptions& options, Experiment& experiment) {
  std::optional<fs::path> file;
  if (options.config_file) file = *options.config_file;
  experiment.config = load_config(file, options.overrides).config;
  const Config& config = experiment.config;
  const DataSet data = find_data_set(config.root);
  const auto limited = [](std::int64_t records, std::int64_t limit) {
    return limit > 0 ? std::min(records, limit) : records;
  };
  experiment.training_images = limited(data.train_records, config.limit_train) - config.validation;
  experiment.evaluated_images =
      config.validation > 0 ? config.validation : limited(data.test_records, config.limit_test);
  // The jobs are started from here, but say so in case they are not.
  experiment.config.root = fs::absolute(config.root).string();
  check_batch(experiment);
}

fs::path default_folder(const ScaleOptions& options) {
  const std::string stem = !options.command.empty()
                               ? run_stem(options.command)
                               : fs::path(options.config_file.value_or("trainer")).stem().string();
  return fs::path("runs") / ("scale-" + stem);
}

}  // namespace

Experiment settle_experiment(const ScaleOptions& options) {
  Experiment experiment;
  experiment.command = options.command;
  experiment.mode = parse_mode(options.mode);
  experiment.metric = options.metric;
  experiment.metric_kind = parse_metric_kind(options.metric_is);
  experiment.steps = options.steps;
  experiment.seed = options.seed;
  experiment.usable_cores = usable_cores();
  experiment.folder = options.folder.empty() ? default_folder(options) : fs::path(options.folder);
  if (experiment.is_command()) {
    check_command(options);
    find_command(options.command);
  }
  if (!options.metric.empty()) check_metric(options.metric);
  if (!experiment.is_command() && !options.metric.empty()) {
    throw Error(ExitCode::kUsage, "--metric: is for a command behind \"--\"",
                "the trainer's own figures are taken as they are");
  }
  PointRequest request;
  request.world_sizes = parse_world_sizes(options.world_sizes, "--world-sizes");
  const int most = *std::max_element(request.world_sizes.begin(), request.world_sizes.end());
  const DeviceSelection pool = select_pool(options);
  experiment.gpus = chosen_gpus(pool, most);
  experiment.cores_per_process = experiment.is_cpu() ? experiment.usable_cores / most : 0;
  request.mode = experiment.mode;
  request.is_cpu = experiment.is_cpu() && experiment.cores_per_process > 0;
  request.is_command = experiment.is_command();
  request.has_controls = options.has_controls;
  request.cores_per_process = experiment.cores_per_process;
  // Of a command only its metric could tell the two apart.
  experiment.points = points_of(request);
  if (experiment.is_command()) return experiment;
  if (options.until_accuracy_percent > 0) {
    experiment.accuracy_points = accuracy_points(experiment.points, options.until_accuracy_percent);
  }
  settle_training(options, experiment);
  require_worker(find_worker(pool.kind(), worker_places()));
  return experiment;
}

}  // namespace dplaunch
