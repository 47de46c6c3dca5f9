#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text/parse_number.h"
#include "common/rank_environment.h"
#include "launcher/command_line/option_values.h"
#include "launcher/command_line/quantities.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/scale/scale.h"
#include "launcher/hosts/engine_hosts.h"

namespace dplaunch {
namespace {

void add_what(CLI::App& app, ScaleOptions& options) {
  takes(app.add_option("-c,--config", options.config_file, "YAML file with the configuration"),
        "FILE", offer::kConfigs);
  add_set_option(app, "replace one value of the configuration; repeatable", options.overrides);
  const auto set_root = [&options](const std::string& root) {
    options.overrides.push_back({"root", root, "--root"});
  };
  takes(app.add_option_function<std::string>("--root", set_root, "folder of the data set"), "DIR",
        offer::kFolders);
  takes(app.add_option("--device", options.device,
                       "where: auto (default), cpu, all, 0-3: the first N of these"),
        "DEVICES", offer::kDevices);
  takes(app.add_option("--world-sizes", options.world_sizes, "numbers of processes (1,2)"), "N,N");
  takes(app.add_option("--mode", options.mode,
                       "what stays the same: weak (default), a process's batch; strong, the "
                       "job's; both"),
        "MODE", "weak strong both");
}

/// "3%" is 3, too.
std::string without_sign(const std::string& text) {
  return text.ends_with('%') ? text.substr(0, text.size() - 1) : text;
}

/// "30m" is 1800; a number alone is of seconds already.
std::string in_seconds(const std::string& text) {
  return parse_number<double>(text) ? text : fmt::format("{}", parse_duration(text, "--max-time"));
}

void add_how_long(CLI::App& app, ScaleOptions& options) {
  takes(app.add_option("--blocks", options.blocks, "how often each point is measured (6)")
            ->check(number_range(1, 1000)),
        "N");
  takes(app.add_option("--steps", options.steps, "training steps of a run, warm-up included (40)")
            ->check(number_range(10, 1'000'000)),
        "N");
  takes(app.add_option("--until-ci", options.until_ci_percent,
                       "more blocks until each speed-up is known within so many percent")
            ->check(CLI::Range(0.1, 100.0).description(""))
            ->transform(without_sign),
        "PERCENT");
  takes(app.add_option("--until-accuracy", options.until_accuracy_percent,
                       "then also train up to that test accuracy, or through all epochs: how long "
                       "and how many images that takes")
            ->check(CLI::Range(0.1, 100.0).description(""))
            ->transform(without_sign),
        "PERCENT");
  takes(app.add_option("--max-time", options.max_time_s,
                       "begin no run that would end later: seconds, or 30m, 2h")
            ->check(seconds_range())
            ->transform(in_seconds),
        "TIME");
}

}  // namespace

Action declare_scale(CLI::App& app, const JobWords& words) {
  const auto options = std::make_shared<ScaleOptions>();
  options->command = words.command;
  add_what(app, *options);
  add_how_long(app, *options);
  takes(app.add_option("--metric", options->metric,
                       "of a command: where its output has a figure, 'images/s: ([0-9.]+)'; "
                       "without it its whole time counts"),
        "REGEX");
  takes(app.add_option("--metric-is", options->metric_is,
                       "that is the job's rate (default), or seconds for a piece of work"),
        "KIND", "rate seconds");
  takes(app.add_option("--folder", options->folder, "folder of the experiment (runs/scale-...)"),
        "DIR", offer::kFolders);
  takes(app.add_option("--seed", options->seed, "of the order in each block (0)"), "N");
  app.add_flag_callback(
      "--no-controls", [options] { options->has_controls = false; },
      "without one process with a group, and one on all cores");
  app.add_flag("--dry-run", options->dry_run, "print what would be measured; start nothing");
  app.add_flag("--json", options->json, "print scale.json in place of the table");
  return [options] {
    refuse_several_tasks("dplaunch scale", process_variable);
    return scale(*options);
  };
}

}  // namespace dplaunch
