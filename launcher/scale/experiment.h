#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files/json_fields.h"
#include "common/config/config.h"
#include "launcher/scale/points.h"

namespace dplaunch {

/// What the numbers are that --metric finds in the output of a command.
enum class MetricKind { kRate, kSeconds };

/// All that two runs of an experiment must have in common to be compared: kept in its folder as
/// plan.json, and checked when the experiment goes on.
struct Experiment {
  std::filesystem::path folder;
  std::vector<std::string> command;  ///< empty: the trainer, with `config`
  Config config;
  ScaleMode mode = ScaleMode::kWeak;
  std::vector<Point> points;
  /// What is measured behind them with --until-accuracy. Not in plan.json: an experiment may go on
  /// with another accuracy, or with one at all.
  std::vector<Point> accuracy_points;
  std::vector<std::string> gpus;  ///< as --device takes them; empty: the CPU
  int cores_per_process = 0;      ///< 0: the processes are more than the cores
  int usable_cores = 1;
  std::int64_t steps = 40;           ///< of each run of the trainer
  std::int64_t training_images = 0;  ///< in an epoch's order
  std::int64_t evaluated_images = 0;
  std::string metric;  ///< regular expression; empty: a command's whole time counts
  MetricKind metric_kind = MetricKind::kRate;
  std::uint64_t seed = 0;

  bool is_command() const { return !command.empty(); }
  bool is_cpu() const { return gpus.empty(); }
  int most_processes() const;
  const Point& baseline() const { return points.front(); }

  std::filesystem::path plan_file() const { return folder / "plan.json"; }
  std::filesystem::path config_file() const { return folder / "config.yml"; }
  std::filesystem::path records_file() const { return folder / "runs.jsonl"; }
  std::filesystem::path runs() const { return folder / "runs"; }
  /// What the largest group's all-reduce by itself took in a block.
  std::filesystem::path group_file(int block) const;
};

/// What plan.json says, with the machine: host, processor, cores, kernel, dplaunch's version.
Json plan_json(const Experiment& experiment);

/// Makes the folder and writes the plan, or checks that the one that is there is the same. Throws
/// Error(kUsage) naming what differs.
void claim_folder(const Experiment& experiment);

}  // namespace dplaunch
